"""Problems about duty phones."""

from mvoting.core.problems import Problem


class DutyPhoneNotFound(Problem):
    code, status = "duty.phone-not-found", 404
    ko = "당직 전화를 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This duty phone is not found. Load the list again."


class TriedJustNow(Problem):
    code, status = "duty.tried-just-now", 429
    ko = "방금 울려 보았습니다. 10초 뒤에 다시 해 주세요."
    en = "It was rung just now. Try again in ten seconds."


class DutyPhoneSilent(Problem):
    code, status = "duty.phone-silent", 502
    ko = "푸시 서비스가 이 전화에 보내지 못했습니다. 주소를 다시 확인해 등록해 주세요. ({said})"
    en = "The push service could not reach this phone. Check its address and register it again. ({said})"
    examples = {"said": "UNREGISTERED"}


class TooManyDutyPhones(Problem):
    code, status = "duty.too-many-phones", 409
    ko = "당직 전화는 {limit}대까지 등록할 수 있습니다. 쓰지 않는 전화를 먼저 지워 주세요."
    en = "You can register at most {limit} duty phones. Remove one that you no longer use."
    examples = {"limit": 5}
