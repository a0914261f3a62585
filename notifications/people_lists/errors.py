"""Problems about people lists."""

from mvoting.core.problems import Problem


class ListNotFound(Problem):
    code, status = "notifications.list-not-found", 404
    ko = "명단을 찾을 수 없습니다. 명단은 90일 뒤에 지워집니다. 필요하면 다시 올려 주세요."
    en = "This list is not found. Lists are removed after 90 days; upload it again if you need it."


class NotAPhoneNumber(Problem):
    code, status = "notifications.not-a-phone-number", 422
    ko = "010-1234-5678처럼 전화번호를 입력해 주세요."
    en = "Enter a phone number, for example 010-1234-5678."


class ListRefused(Problem):
    code, status = "notifications.list-refused", 422
    examples = {"reason_ko": "파일에 내용이 없습니다.", "reason_en": "the file holds nothing."}
    ko = "명단을 읽을 수 없습니다: {reason_ko}"
    en = "The list cannot be read: {reason_en}"
