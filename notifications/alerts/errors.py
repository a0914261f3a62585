"""Problems about alerts."""

from mvoting.core.problems import Problem


class AlertNotFound(Problem):
    code, status = "alerts.not-found", 404
    ko = "재난문자를 찾을 수 없습니다. 목록에서 다시 골라 주세요."
    en = "This alert is not found. Choose one from the list."


class AlertStateChanged(Problem):
    code, status = "alerts.state", 409
    ko = "이 재난문자는 지금 그렇게 처리할 수 없는 상태입니다. 화면을 새로 불러와 주세요."
    en = "The alert is in a state that does not allow this. Load it again."


class AreaInvalid(Problem):
    code, status = "alerts.area", 422
    ko = "재난문자를 보낼 지역이 올바르지 않습니다. 지역을 다시 지정해 주세요."
    en = "The area of the alert is not usable. Please set it again."


class AlertIncomplete(Problem):
    code, status = "alerts.incomplete", 422
    ko = "누가, 어디서, 무슨 일이, 어떻게 행동할지를 두 언어로 157자 안에 모두 적어야 보낼 수 있습니다."
    en = "Say who, where, what happened and what to do, in both languages, within 157 characters."


class ExpiryInvalid(Problem):
    code, status = "alerts.expiry", 422
    ko = "만료 시각은 지금부터 10분 뒤와 7일 뒤 사이여야 합니다."
    en = "An alert must end between ten minutes and seven days from now."


class RepeatedAlert(Problem):
    code, status = "alerts.repeated", 409
    ko = "24시간 안에 같은 지역에 같은 재난으로 보낸 문자가 있습니다. 다시 보내려면 그 문자들을 확인했다고 표시해 주세요."
    en = "An alert about the same hazard went to this area within 24 hours. Confirm that you have seen it to send another."


class OwnAlert(Problem):
    code, status = "alerts.own-alert", 403
    ko = "직접 쓰거나 고치거나 제출한 재난문자는 스스로 승인할 수 없습니다. 다른 사람의 승인이 필요합니다."
    en = "You wrote, changed or submitted this alert. Somebody else must approve it."


class NotConfirmed(Problem):
    code, status = "alerts.not-confirmed", 422
    ko = "확인 문구가 다릅니다. 화면에 보이는 문구를 그대로 입력해 주세요."
    en = "The confirmation does not match. Type the words exactly as shown."


class CannotFollow(Problem):
    code, status = "alerts.cannot-follow", 409
    ko = "아직 보내지 않은 재난문자에는 정정이나 해제를 보낼 수 없습니다."
    en = "A correction or all-clear can only follow an alert that has gone out."


class FollowUpLate(Problem):
    code, status = "alerts.follow-up-late", 409
    ko = "끝난 지 하루가 지난 재난문자입니다. 정정이나 해제가 필요하면 문구를 새로 써서 다른 사람의 승인을 받아 주세요."
    en = "This alert ended more than a day ago. Word the correction or all-clear anew and have a second person approve it."


class AuthorGone(Problem):
    code, status = "alerts.author-gone", 409
    ko = "이 재난문자를 쓴 사람에게 더는 재난문자 권한이 없습니다. 되돌린 뒤 다른 담당자가 다시 제출해야 승인할 수 있습니다."
    en = "Nobody who wrote this alert holds a role for alerts any more. Return it, and have another author submit it again."


class AlreadyFollowed(Problem):
    code, status = "alerts.already-followed", 409
    ko = "준비된 정정이나 해제 문자를 이미 보냈습니다."
    en = "The prepared correction or all-clear has already been sent."


class WrongMode(Problem):
    code, status = "alerts.wrong-mode", 409
    ko = "이 재난문자는 다른 운영 방식(실제/시험)에서 작성되어 여기서 보낼 수 없습니다."
    en = "This alert was written in the other mode (live or test) and cannot be sent here."
