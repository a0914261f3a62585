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
    ko = "직접 쓰거나 고친 소식은 다른 담당자가 내보내야 합니다."
    en = "A colleague must release what you wrote or changed."


class TooManyAlone(NeedsSecondPerson):
    code, status = "notifications.too-many-alone", 403
    ko = "혼자 예약한 투표로는 24시간에 {limit:,}명까지만 알릴 수 있습니다. 이 알림은 다른 담당자가 내보내야 합니다."
    en = "Polls that you scheduled alone ring {limit:,} people in 24 hours at most. A colleague must release this notice."
    examples = {"limit": 10000}


class AlertsHaveTheirOwn(Problem):
    code, status = "notifications.alert-campaign", 409
    ko = "재난문자는 재난문자 화면에서 취소해 주세요."
    en = "Cancel a disaster alert where alerts are managed."
