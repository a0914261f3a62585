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


class ResidentsOnly(Problem):
    code, status = "voting.residents-only", 403
    ko = "거주지가 확인된 시민만 참여할 수 있는 투표입니다. 거주지 확인을 먼저 받아 주세요."
    en = "Only confirmed residents may vote here. Please have your residence confirmed first."


class AdmissionNeeded(Problem):
    code, status = "voting.admission-needed", 403
    ko = "먼저 현장 확인이나 비공개방 입장을 해 주세요."
    en = "Check in at the venue or enter the room first."


class AdmissionRefused(Problem):
    code, status = "voting.admission-refused", 403
    ko = "현장에 계신 것을 확인하지 못했습니다. 화면의 코드를 다시 찍거나 투표 장소 가까이에서 시도해 주세요."
    en = "We could not confirm that you are at the venue. Scan the screen again, or come closer."


class RoomNotFound(Problem):
    code, status = "voting.room-not-found", 404
    ko = "방 번호나 비밀번호가 맞지 않습니다."
    en = "The room number or the password is not right."


class PollStateChanged(Problem):
    code, status = "voting.poll-state", 409
    ko = "투표가 {state} 상태여서 이 작업을 할 수 없습니다."
    en = "This cannot be done while the poll is {state}."
    examples = {"state": "open"}


class PollTimesInvalid(Problem):
    code, status = "voting.poll-times", 422
    ko = "마감 시각은 시작 시각과 지금보다 뒤여야 합니다."
    en = "A poll must close after it opens, and in the future."


class PollContentInvalid(Problem):
    code, status = "voting.poll-content", 422
    ko = "투표 내용을 확인해 주세요."
    en = "Please check the poll's questions and audience."


class ExtensionTooLate(Problem):
    code, status = "voting.too-late-to-change", 409
    ko = "마감이 너무 가까워 시각을 바꿀 수 없습니다."
    en = "It is too close to closing to change the time."


class SealedNotExtended(Problem):
    code, status = "voting.sealed-not-extended", 409
    ko = "봉인 투표는 기간을 늘릴 수 없습니다."
    en = "A sealed poll cannot be extended."


class SealingRefused(Problem):
    code, status = "voting.sealing-refused", 422
    ko = "이 봉인 정보는 이 투표에 쓸 수 없습니다. 이 투표 번호로, 가장 긴 표가 들어갈 크기로 열쇠를 나누어 주세요."
    en = "This sealing does not fit the poll. Deal the key for this poll's id, with room for its longest ballot."


class RollMissing(Problem):
    code, status = "voting.roll-missing", 409
    ko = "명부를 먼저 올려 주세요. 읽고 있는 명부가 있으면 끝난 뒤에 다시 시도해 주세요."
    en = "Upload the roll first; if one is being read, wait until it is done."


class RollRefused(Problem):
    code, status = "voting.roll-refused", 422
    ko = "이 파일은 명부로 쓸 수 없습니다. .csv나 .xlsx 파일을 올려 주세요."
    en = "This file cannot be used as a roll. Send a .csv or .xlsx file."


class RollBusy(Problem):
    code, status = "voting.roll-busy", 409
    ko = "명부를 읽거나 지우는 중입니다. 끝난 뒤에 다시 시도해 주세요."
    en = "The roll is being read or cleared. Try again when that is done."


class RollUploadNotFound(Problem):
    code, status = "voting.roll-upload-not-found", 404
    ko = "올린 명부가 없습니다."
    en = "There is no such upload."


class DailyPollLimit(Problem):
    code, status = "voting.daily-poll-limit", 429
    ko = "투표는 하루에 {limit}개까지 만들 수 있습니다."
    en = "You can start {limit} polls a day."
    examples = {"limit": 3}


class TemplateNotFound(Problem):
    code, status = "voting.template-not-found", 404
    ko = "그런 서식이 없습니다."
    en = "There is no such template."
