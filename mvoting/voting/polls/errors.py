"""Problems about polls."""

from mvoting.core.problems import Problem


class PollNotFound(Problem):
    code, status = "voting.poll-not-found", 404
    ko = "투표를 찾을 수 없습니다. 주소가 잘못되었거나 지금은 볼 수 없는 투표입니다."
    en = "This poll is not found: the address is wrong, or the poll cannot be seen now."


class PollNotOpen(Problem):
    code, status = "voting.poll-not-open", 409
    ko = "아직 시작하지 않은 투표입니다. 시작 시각이 지난 뒤에 참여해 주세요."
    en = "This poll has not opened yet. Come back after its opening time."


class PollClosed(Problem):
    code, status = "voting.poll-closed", 409
    ko = "마감된 투표입니다. 개표가 끝나면 결과를 볼 수 있습니다."
    en = "This poll has closed. Its result is shown once it has been counted."


class PollCancelled(Problem):
    code, status = "voting.poll-cancelled", 409
    ko = "취소된 투표입니다. 사유는 투표 화면에서 볼 수 있습니다."
    en = "This poll was cancelled; its page says why."


class NotEligible(Problem):
    code, status = "voting.not-eligible", 403
    ko = "정해진 대상만 참여할 수 있는 투표입니다. 본인이 대상이라고 생각하면 투표 담당자에게 문의해 주세요."
    en = "This poll is for a certain group of people. If you think that you belong to it, ask the poll's officers."


class ResidentsOnly(Problem):
    code, status = "voting.residents-only", 403
    ko = "거주지가 확인된 시민만 참여할 수 있는 투표입니다. 본인확인이나 가까운 주민센터 창구에서 거주지 확인을 먼저 받아 주세요."
    en = (
        "Only confirmed residents may vote here. Have your residence confirmed with your national identity "
        "or at a service counter first."
    )


class AdmissionNeeded(Problem):
    code, status = "voting.admission-needed", 403
    ko = "현장 확인을 하거나 비공개 투표방에 들어간 뒤에 투표할 수 있습니다."
    en = "Check in at the venue or enter the private room first, then vote."


class AdmissionRefused(Problem):
    code, status = "voting.admission-refused", 403
    ko = "현장에 계신 것을 확인하지 못했습니다. 화면의 코드를 다시 찍거나 투표 장소 가까이에서 시도해 주세요."
    en = "We could not confirm that you are at the venue. Scan the screen again, or come closer."


class RoomNotFound(Problem):
    code, status = "voting.room-not-found", 404
    ko = "방 번호나 비밀번호가 맞지 않습니다. 다시 확인하고 입력해 주세요."
    en = "The room number or the password is not right. Check them and try again."


class PollStateChanged(Problem):
    code, status = "voting.poll-state", 409
    ko = "지금 투표의 상태에서는 할 수 없습니다. 화면을 새로 불러와 상태를 확인해 주세요."
    en = "This cannot be done in the poll's present state. Load the page again to see it."
    examples = {"state": "open"}


class PollTimesInvalid(Problem):
    code, status = "voting.poll-times", 422
    ko = "마감 시각은 시작 시각과 지금보다 뒤여야 합니다. 시각을 다시 정해 주세요."
    en = "A poll must close after it opens, and in the future. Please set its times again."


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


class NotANumber(Problem):
    code, status = "voting.not-a-number", 422
    ko = "010-1234-5678처럼 전화번호나 회원 번호를 입력해 주세요."
    en = "Enter a phone number or a member number, for example 010-1234-5678."


class RollGone(Problem):
    code, status = "voting.roll-gone", 409
    ko = "이 투표에는 지금 찾아볼 명부가 없습니다. 명부는 결과가 공개되면 지워집니다."
    en = "This poll has no roll to look at now. A roll is erased when the result is published."


class RollUploadNotFound(Problem):
    code, status = "voting.roll-upload-not-found", 404
    ko = "올린 명부를 찾을 수 없습니다. 명부를 다시 올려 주세요."
    en = "This upload is not found. Upload the roll again."


class DailyPollLimit(Problem):
    code, status = "voting.daily-poll-limit", 429
    ko = "투표는 하루에 {limit}개까지 만들 수 있습니다. 내일 다시 만들어 주세요."
    en = "You can start {limit} polls a day. Please come back tomorrow."
    examples = {"limit": 3}


class TemplateNotFound(Problem):
    code, status = "voting.template-not-found", 404
    ko = "서식을 찾을 수 없습니다. 목록에서 다시 골라 주세요."
    en = "This template is not found. Choose one from the list."
