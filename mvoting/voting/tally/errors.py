"""Problems about results."""

from mvoting.core.problems import Problem


class ResultNotPublished(Problem):
    code, status = "voting.result-not-published", 404
    ko = "아직 결과가 공개되지 않았습니다. 마감하고 개표가 끝나면 볼 수 있습니다."
    en = "The result has not been published yet. It is shown once the poll has closed and is counted."


class FiguresHidden(Problem):
    code, status = "voting.figures-hidden", 403
    ko = "이 투표는 중간 집계를 공개하지 않습니다. 결과는 마감 뒤에 볼 수 있습니다."
    en = "This poll shows no figures before its end. The result follows after closing."
