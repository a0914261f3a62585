"""Problems about polls."""

from mvoting.core.problems import Problem


class PollNotFound(Problem):
    code, status = "voting.poll-not-found", 404
    ko = "그런 투표가 없습니다."
    en = "There is no such poll."


class PollNotOpen(Problem):
    code, status = "voting.poll-not-open", 409
    ko = "아직 시작하지 않은 투표입니다."
    en = "This poll has not opened yet."


class PollClosed(Problem):
    code, status = "voting.poll-closed", 409
    ko = "마감된 투표입니다."
    en = "This poll has closed."


class PollCancelled(Problem):
    code, status = "voting.poll-cancelled", 409
    ko = "취소된 투표입니다."
    en = "This poll was cancelled."


class NotEligible(Problem):
    code, status = "voting.not-eligible", 403
    ko = "이 투표의 대상이 아닙니다."
    en = "You are not in this poll's audience."


class PollStateChanged(Problem):
    code, status = "voting.poll-state", 409
    ko = "투표가 {state} 상태여서 이 작업을 할 수 없습니다."
    en = "This cannot be done while the poll is {state}."


class PollTimesInvalid(Problem):
    code, status = "voting.poll-times", 422
    ko = "마감 시각은 시작 시각과 지금보다 뒤여야 합니다."
    en = "A poll must close after it opens, and in the future."
