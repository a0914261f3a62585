"""Problems about campaigns."""

from mvoting.core.problems import Problem


class CampaignNotFound(Problem):
    code, status = "notifications.campaign-not-found", 404
    ko = "발송을 찾을 수 없습니다. 목록에서 다시 골라 주세요."
    en = "This campaign is not found. Choose one from the list."


class CampaignOver(Problem):
    code, status = "notifications.campaign-over", 409
    ko = "이미 끝났거나 멈춘 발송입니다. 화면을 새로 불러와 확인해 주세요."
    en = "This campaign is over or was stopped already. Load the page again to see."
    examples = {"state": "sent"}


class CampaignInvalid(Problem):
    code, status = "notifications.campaign-invalid", 422
    ko = "발송 내용을 확인해 주세요: {reason_ko}"
    en = "Please check the campaign: {reason_en}"
    examples = {"reason_en": "choose who gets it.", "reason_ko": "받을 사람을 골라 주세요."}


class NeedsSecondPerson(Problem):
    code, status = "notifications.needs-second-person", 403
    ko = "직접 쓴 소식이나 직접 예약한 투표의 알림은 다른 담당자가 내보내야 합니다."
    en = "A colleague must release what you drafted, and the notices of a poll that you scheduled."


class AlertsHaveTheirOwn(Problem):
    code, status = "notifications.alert-campaign", 409
    ko = "재난문자는 재난문자 화면에서 취소해 주세요."
    en = "Cancel a disaster alert where alerts are managed."
