"""Problems about sensors."""

from mvoting.core.problems import Problem


class GatewayUnknown(Problem):
    code, status = "sensors.gateway-unknown", 401
    ko = "센서 수집 장치의 키가 올바르지 않습니다."
    en = "The key of the sensor gateway is not valid."


class GatewayNotFound(Problem):
    code, status = "sensors.gateway-not-found", 404
    ko = "센서 수집 장치를 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This sensor gateway is not found. Load the list again."


class StationNotOfGateway(Problem):
    code, status = "sensors.station-not-of-gateway", 403
    ko = "이 장치는 {station} 관측소의 값을 보낼 수 없습니다."
    en = "This gateway may not hand in readings of {station}."
    examples = {"station": "S-12"}


class ReadingTimeRefused(Problem):
    code, status = "sensors.reading-time", 422
    ko = "측정 시각이 지금보다 미래이거나 7일보다 오래된 값이 있습니다. 아무것도 저장하지 않았습니다."
    en = "Some readings lie in the future or more than seven days back. Nothing was stored."


class RuleNotFound(Problem):
    code, status = "sensors.rule-not-found", 404
    ko = "센서 규칙을 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This sensor rule is not found. Load the list again."


class RuleInvalid(Problem):
    code, status = "sensors.rule-invalid", 422
    ko = "센서 규칙의 기준값과 문구를 확인해 주세요."
    en = "Please check the limits and words of the sensor rule."
