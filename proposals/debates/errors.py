"""Problems about debates and the opinions in them."""

from mvoting.core.problems import Problem


class DebateNotFound(Problem):
    code, status = "proposals.debate-not-found", 404
    ko = "토론을 찾을 수 없습니다. 지워졌거나 주소가 다를 수 있습니다."
    en = "This debate is not found: it may have been removed, or the address is another."


class DebateHidden(Problem):
    code, status = "proposals.debate-hidden", 410
    ko = "운영 원칙에 따라 가려진 토론입니다. 글쓴이는 사유를 읽고 이의를 제기할 수 있습니다."
    en = "This debate was hidden by a moderator. Its author can read why, and appeal."


class DebateNotOpen(Problem):
    code, status = "proposals.debate-not-open", 409
    ko = "지금은 의견을 받지 않는 토론입니다. 토론 기간을 확인해 주세요."
    en = "This debate takes no opinions now. Please check its period."


class DebatePeriodInvalid(Problem):
    code, status = "proposals.debate-period", 422
    ko = "토론은 시작한 뒤에 끝나야 하고, 기간은 길어도 180일입니다."
    en = "A debate ends after it begins and lasts at most 180 days."


class CommentNotFound(Problem):
    code, status = "proposals.comment-not-found", 404
    ko = "의견을 찾을 수 없습니다. 지워졌을 수 있습니다. 화면을 새로 불러와 주세요."
    en = "This opinion is not found; it may have been removed. Load the page again."


class TooManyPinned(Problem):
    code, status = "proposals.too-many-pinned", 409
    ko = "한 토론에서 의견은 5개까지 고정할 수 있습니다. 다른 의견의 고정을 먼저 풀어 주세요."
    en = "At most five opinions of a debate can be pinned. Take another one down first."


class TooDeep(Problem):
    code, status = "proposals.too-deep", 422
    ko = "답글은 3단계까지 달 수 있습니다. 한 단계 위의 의견에 답해 주세요."
    en = "Replies nest three deep. Reply to the opinion above instead."


class SideNeeded(Problem):
    code, status = "proposals.side-needed", 422
    ko = "이 토론에서는 찬성, 반대, 기타 가운데 하나를 골라야 합니다."
    en = "In this debate an opinion is for, against or other."


class NoSides(Problem):
    code, status = "proposals.no-sides", 422
    ko = "이 의견에는 찬반을 고르지 않습니다. 찬반 없이 다시 올려 주세요."
    en = "This opinion takes no side. Post it without one."


class NotYours(Problem):
    code, status = "proposals.not-yours", 403
    ko = "글쓴이만 할 수 있습니다."
    en = "Only its author can do this."


class OwnVote(Problem):
    code, status = "proposals.own-vote", 409
    ko = "자기 의견은 추천하거나 반대할 수 없습니다."
    en = "You cannot vote on your own opinion."


class DebateNotClosed(Problem):
    code, status = "proposals.debate-not-closed", 409
    ko = "토론이 끝난 뒤에 정리 글을 올릴 수 있습니다."
    en = "The summary is published after the debate has closed."
