"""What can be wrong with a job."""

from mvoting.core.problems import Problem


class JobNotFound(Problem):
    code, status = "admin.job-not-found", 404
    ko = "그런 작업이 없거나, 다른 직원의 작업이거나, 보관 기간(7일)이 지났습니다."
    en = "There is no such job, or it is a colleague’s, or its seven days are over."


class TooManyJobs(Problem):
    code, status = "admin.too-many-jobs", 429
    ko = "진행 중인 작업이 {limit}개 있습니다. 하나가 끝난 뒤에 다시 시작해 주세요."
    en = "You have {limit} jobs under way. Start another once one is done."
    examples = {"limit": 10}


class JobOver(Problem):
    code, status = "admin.job-over", 409
    ko = "이미 끝난 작업입니다."
    en = "This job is over already."


class JobWithoutFile(Problem):
    code, status = "admin.job-without-file", 404
    ko = "받을 파일이 없습니다. 작업이 끝났는지 확인해 주세요."
    en = "There is no file to fetch. See whether the job is done."
