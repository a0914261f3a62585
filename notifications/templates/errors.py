"""Problems about templates."""

from mvoting.core.problems import Problem


class TemplateNotFound(Problem):
    code, status = "notifications.template-not-found", 404
    ko = "알림 문구를 찾을 수 없습니다. 목록에서 다시 골라 주세요."
    en = "This template is not found. Choose one from the list."


class TemplateRefused(Problem):
    code, status = "notifications.template-refused", 422
    ko = "문구를 쓸 수 없습니다. 빠진 곳, 길이, 중괄호 안의 이름을 확인해 주세요."
    en = "This text cannot be used. Check what is missing, its length and the names in braces."


class TemplateStateChanged(Problem):
    code, status = "notifications.template-state", 409
    examples = {"state": "active"}
    ko = "그사이 이 문구의 상태가 바뀌었습니다. 화면을 새로 불러와 주세요."
    en = "This version has changed meanwhile. Load the page again."


class OwnTemplate(Problem):
    code, status = "notifications.own-template", 403
    ko = "직접 쓴 문구는 다른 담당자가 승인해야 합니다."
    en = "A colleague must put the text that you wrote into use."
