"""Problems about listings."""

from mvoting.core.problems import Problem


class ListingNotFound(Problem):
    code, status = "listings.not-found", 404
    ko = "자동 발송 등록을 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This listing is not found. Load the list again."


class ListingStateChanged(Problem):
    code, status = "listings.state", 409
    ko = "이미 승인되었거나 취소된 자동 발송 등록입니다."
    en = "This listing was already agreed to or revoked."


class OwnListing(Problem):
    code, status = "listings.own-listing", 403
    ko = "자동 발송은 제안한 사람이 아닌 다른 관리자가 승인해야 합니다."
    en = "Another administrator than the one who proposed it must agree to a listing."


class ProposerGone(Problem):
    code, status = "listings.proposer-gone", 409
    ko = "제안한 사람이 더는 시스템 관리자가 아닙니다. 다른 관리자가 다시 제안해야 합니다."
    en = "Who proposed this is no administrator any more. Another administrator has to propose it again."


class KeySeen(Problem):
    code, status = "listings.key-seen", 409
    ko = "관리자가 본 키로 값을 보낼 수 있어 자동 발송에 올릴 수 없습니다. 키를 가진 기관이나 장치가 먼저 스스로 새 키로 바꿔야 합니다."
    en = "An administrator has seen a key by which this could be made to send. Its holder must renew it first."


class SubjectChanged(Problem):
    code, status = "listings.subject-changed", 409
    ko = "제안한 뒤로 등록 대상이 바뀌었습니다. 바뀐 내용으로 다시 제안해 주세요."
    en = "The subject changed after the listing was proposed. Propose it again as it is now."
