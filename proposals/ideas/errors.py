"""Problems about ideas."""

from mvoting.core.problems import Problem


class IdeaNotFound(Problem):
    code, status = "proposals.idea-not-found", 404
    ko = "제안을 찾을 수 없습니다. 지워졌거나 주소가 다를 수 있습니다."
    en = "This idea is not found: it may have been removed, or the address is another."


class IdeaHidden(Problem):
    code, status = "proposals.idea-hidden", 410
    ko = "운영 원칙에 따라 가려진 제안입니다. 글쓴이는 사유를 읽고 이의를 제기할 수 있습니다."
    en = "This idea was hidden by a moderator. Its author can read why, and appeal."


class ProgrammeNotFound(Problem):
    code, status = "proposals.programme-not-found", 422
    ko = "그 제안 창구를 찾을 수 없습니다. 목록에서 다시 골라 주세요."
    en = "This programme is not found. Choose one from the list."


class ProgrammeInvalid(Problem):
    code, status = "proposals.programme-invalid", 422
    ko = "이대로는 운영할 수 없는 설정입니다: {faults_ko}"
    en = "A programme cannot run like this: {faults}"
    examples = {"faults": "…", "faults_ko": "기준이 비어 있습니다."}


class IdeaIncomplete(Problem):
    code, status = "proposals.idea-incomplete", 422
    ko = "제출하려면 제목은 5자, 내용은 10자 이상 적어 주세요."
    en = "To submit it, give a title of at least 5 and a text of at least 10 letters."


class NotCollecting(Problem):
    code, status = "proposals.not-collecting", 409
    ko = "지금은 공감할 수 없는 제안입니다. 공감 기간이 끝났거나 다음 단계로 넘어갔습니다."
    en = "This idea takes no endorsements now: its period is over or it has moved on."


class EndorsementSettled(Problem):
    code, status = "proposals.endorsement-settled", 409
    ko = "공감 수가 기준에 이르러 다음 단계로 넘어갔기 때문에 공감을 거둘 수 없습니다."
    en = "The idea reached its threshold and moved on, so the endorsement stays."


class NotYours(Problem):
    code, status = "proposals.not-your-idea", 403
    ko = "제안한 사람만 할 수 있습니다."
    en = "Only the idea's author can do this."


class MoveNotAllowed(Problem):
    code, status = "proposals.move-not-allowed", 409
    ko = "지금 단계에서는 할 수 없는 일이거나 그럴 권한이 없습니다. 화면을 새로 불러와 단계를 확인해 주세요."
    en = "This cannot be done at the idea's present stage, or not by you. Load the page again to see its stage."
    examples = {"state": "sent"}


class OtherDepartment(Problem):
    code, status = "proposals.other-department", 403
    ko = "이 제안은 담당 부서의 직원만 처리할 수 있습니다. 총괄 담당자에게 부서 지정을 요청해 주세요."
    en = "Only staff of the department in charge can do this. Ask a coordinator to assign the department."


class TextFixed(Problem):
    code, status = "proposals.text-fixed", 409
    ko = "공감을 받은 제안은 내용을 고칠 수 없습니다. '제안 더하기'로 덧붙여 주세요."
    en = "An idea that was endorsed cannot be rewritten. Add to it instead."


class InvitationInvalid(Problem):
    code, status = "proposals.invitation-invalid", 409
    ko = "쓸 수 없는 초대입니다. 제안자에게 새 초대를 부탁해 주세요."
    en = "This invitation cannot be used. Ask the author for a new one."


class AdditionNotFound(Problem):
    code, status = "proposals.addition-not-found", 404
    ko = "덧붙인 글을 찾을 수 없습니다. 이미 처리되었을 수 있습니다."
    en = "This addition is not found; it may have been answered already."


class MergeNotPossible(Problem):
    code, status = "proposals.merge-not-possible", 409
    ko = "두 제안은 지금 합칠 수 없습니다. 둘 다 같은 창구에서 공감을 모으는 중이어야 합니다."
    en = "These ideas cannot be merged now: both must collect endorsements in the same programme."


class MergeNotFound(Problem):
    code, status = "proposals.merge-not-found", 404
    ko = "합치기 요청을 찾을 수 없습니다. 이미 처리되었을 수 있습니다."
    en = "This merge request is not found; it may have been answered already."


class NothingToMove(Problem):
    code, status = "proposals.nothing-to-move", 409
    ko = "다른 제안으로 옮길 공감이 없습니다."
    en = "There is no endorsement of yours to move."


class MilestoneNotFound(Problem):
    code, status = "proposals.milestone-not-found", 404
    ko = "추진 단계를 찾을 수 없습니다. 화면을 새로 불러와 주세요."
    en = "This milestone is not found. Load the page again."


class AnswerMissing(Problem):
    code, status = "proposals.answer-missing", 409
    ko = "먼저 답변 초안을 저장해 주세요."
    en = "Save a draft of the answer first."


class PollExists(Problem):
    code, status = "proposals.poll-exists", 409
    ko = "이 제안으로 만든 투표가 이미 있습니다."
    en = "A poll was made of this idea already."
