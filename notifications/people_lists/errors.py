"""Problems about people lists."""

from mvoting.core.problems import Problem


class ListNotFound(Problem):
    code, status = "notifications.list-not-found", 404
    ko = "그런 명단이 없습니다. 명단은 90일 뒤에 지워집니다."
    en = "There is no such list. Lists are removed after 90 days."


class ListRefused(Problem):
    code, status = "notifications.list-refused", 422
    examples = {"reason_ko": "파일에 내용이 없습니다.", "reason_en": "the file holds nothing."}
    ko = "명단을 읽을 수 없습니다: {reason_ko}"
    en = "The list cannot be read: {reason_en}"
