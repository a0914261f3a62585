"""Problems about duty phones."""

from mvoting.core.problems import Problem


class DutyPhoneNotFound(Problem):
    code, status = "duty.phone-not-found", 404
    ko = "당직 전화를 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This duty phone is not found. Load the list again."


class TooManyDutyPhones(Problem):
    code, status = "duty.too-many-phones", 409
    ko = "당직 전화는 {limit}대까지 등록할 수 있습니다. 쓰지 않는 전화를 먼저 지워 주세요."
    en = "You can register at most {limit} duty phones. Remove one that you no longer use."
    examples = {"limit": 5}
