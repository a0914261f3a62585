"""Problems about reports, decisions and appeals."""

from mvoting.core.problems import Problem


class TargetNotFound(Problem):
    code, status = "proposals.target-not-found", 404
    ko = "신고할 글을 찾을 수 없습니다. 이미 지워졌거나 가려졌을 수 있습니다."
    en = "The text to report is not found; it may have been removed or hidden already."


class OwnText(Problem):
    code, status = "proposals.own-text", 409
    ko = "자기 글은 신고할 수 없습니다. 글을 고치거나 거두어 주세요."
    en = "You cannot report your own text. Edit or retire it instead."


class CaseNotFound(Problem):
    code, status = "proposals.case-not-found", 404
    ko = "신고 건을 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This case is not found. Load the queue again."


class CaseDecided(Problem):
    code, status = "proposals.case-decided", 409
    ko = "다른 담당자가 이미 처리한 신고입니다."
    en = "Somebody has decided this case already."


class CasesChanged(Problem):
    code, status = "proposals.cases-changed", 409
    ko = "그사이 검색 결과가 {count}건으로 바뀌었습니다. 다시 확인한 뒤 처리해 주세요."
    en = "The search now finds {count} cases. Look again before you decide them."
    examples = {"count": 3}


class NothingToAppeal(Problem):
    code, status = "proposals.nothing-to-appeal", 409
    ko = "이의를 제기할 수 있는 결정이 없거나 기간이 지났습니다. 결정 뒤 30일 안에 한 번 제기할 수 있습니다."
    en = "There is no decision to appeal, or its time is over. One appeal is possible within 30 days."


class SameModerator(Problem):
    code, status = "proposals.same-moderator", 403
    ko = "처음 결정한 담당자는 이의 신청을 처리할 수 없습니다. 다른 담당자에게 맡겨 주세요."
    en = "Whoever made the decision cannot decide the appeal. Leave it to a colleague."


class TooManyPosts(Problem):
    code, status = "proposals.too-many-posts", 429
    ko = "한 시간에 올릴 수 있는 글의 수에 이르렀습니다. {wait_ko} 뒤에 이어서 올려 주세요."
    en = "You have reached the number of texts for an hour. Go on in {wait_en}."
    examples = {"retry_after_s": 30}
