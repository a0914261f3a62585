"""Problems about the board."""

from mvoting.core.problems import Problem


class NoBoardYet(Problem):
    code, status = "voting.no-board-yet", 404
    ko = "이 투표의 공개 기록은 아직 없습니다. 투표가 시작되면 만들어집니다."
    en = "This poll has no board yet. It begins when the poll opens."


class NotOnBoard(Problem):
    code, status = "voting.not-on-board", 404
    ko = "공개 기록에 그런 항목이 없습니다. 접수증의 번호를 다시 확인해 주세요."
    en = "The board holds no such entry. Check the receipt's number."


class SizeOutOfRange(Problem):
    code, status = "voting.board-size", 422
    ko = "게시판 크기는 0에서 {size} 사이여야 합니다."
    en = "The size must lie between 0 and {size}, the board's present size."
    examples = {"size": 4096}


class NotPublishedYet(Problem):
    code, status = "voting.not-published-yet", 409
    ko = "기록 파일은 결과가 게시판에 공개된 뒤에 내려받을 수 있습니다. 봉인 투표는 모든 표가 게시판에 오른 뒤부터 받을 수 있습니다."
    en = "The archive can be downloaded once the result stands on the board; of a sealed poll, once all ballots are on it."


class TooEarlyToOpen(Problem):
    code, status = "voting.too-early-to-open", 409
    ko = "모든 표가 게시판에 오른 뒤에만 열쇠 조각을 낼 수 있습니다."
    en = "Shares are taken only after all ballots are on the board."


class ShareRefused(Problem):
    code, status = "voting.share-refused", 422
    ko = "이 열쇠 조각은 받을 수 없습니다. 잘못 옮겨 적었거나 이 투표의 것이 아닙니다."
    en = "This share cannot be taken: it was miscopied or is not one of this poll's."


class NotSealed(Problem):
    code, status = "voting.not-sealed", 409
    ko = "이 투표는 봉인 투표가 아닙니다."
    en = "This poll is not sealed."


class OtherRecount(Problem):
    code, status = "voting.other-recount", 409
    ko = "이 투표의 개표 방식과 맞지 않는 제출입니다."
    en = "This poll is recounted in another way than what was handed in."


class ContentsRefused(Problem):
    code, status = "voting.contents-refused", 422
    ko = "수탁자가 낸 개표 내용을 받을 수 없습니다({reason})."
    en = "The trustees' contents cannot be taken ({reason})."
    examples = {"reason": "signature"}


class CosignatureRefused(Problem):
    code, status = "voting.cosignature-refused", 422
    ko = "이 공동 서명은 받을 수 없습니다. 시가 정한 참관 서명자의 것이 아니거나 이 게시판의 머리와 맞지 않습니다({reason})."
    en = "This cosignature cannot be taken: it is not by a witness that the city names, or fits no head of this board ({reason})."
    examples = {"reason": "not a head of this board"}


class TieSeedRefused(Problem):
    code, status = "voting.tie-seed-refused", 422
    ko = "추첨 씨앗이 투표 시작 때 공개한 값과 맞지 않거나 지금은 받을 수 없습니다."
    en = "The seed does not fit what was committed to at opening, or cannot be taken now."
