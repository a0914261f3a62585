"""Problems about results."""

from mvoting.core.problems import Problem


class ResultNotPublished(Problem):
    code, status = "voting.result-not-published", 404
    ko = "아직 결과가 공개되지 않았습니다."
    en = "The result has not been published yet."


class FiguresHidden(Problem):
    code, status = "voting.figures-hidden", 403
    ko = "이 투표의 중간 집계는 지금 볼 수 없습니다."
    en = "This poll's figures cannot be seen now."
