"""Problems about results."""

from mvoting.core.problems import Problem


class ResultNotPublished(Problem):
    code, status = "voting.result-not-published", 404
    ko = "아직 결과가 공개되지 않았습니다."
    en = "The result has not been published yet."
