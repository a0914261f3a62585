// Terms of use and the privacy notice in short, for whoever is asked to agree to them.
import { h } from "./dom.js";
import { currentLanguage, t } from "./words.js";

const TERMS = {
  ko: [
    "한 사람이 한 표를 가집니다. 남의 번호로 가입하거나 투표를 사고팔 수 없습니다.",
    "제안과 의견은 모두에게 공개됩니다. 남의 개인정보, 욕설과 혐오, 광고는 올릴 수 없습니다. 운영자가 글을 가릴 때에는 이유를 남깁니다.",
    "이미 한 투표는 계정을 지워도 집계에 남으며, 누구의 표인지는 남지 않습니다.",
    "만 14세 미만은 보호자가 동의해야 참여할 수 있습니다.",
  ],
  en: [
    "One person has one vote. You may not join with somebody else's number, nor buy or sell votes.",
    "Ideas and comments are public. Other people's personal data, insults, hatred and advertising are not allowed. Where a moderator hides a text, the reason is kept.",
    "A vote that was cast stays counted when the account is erased; whose it was does not stay.",
    "Under 14, a guardian must consent before you can take part.",
  ],
};
const PRIVACY = {
  ko: [
    "전화번호는 그대로 저장하지 않습니다. 되돌릴 수 없는 값으로 바꾸고, 본인이 알아볼 끝 네 자리만 암호화해 둡니다.",
    "사는 구, 태어난 해, 성별은 주민으로 확인받은 때에만 암호화해 저장하고, 투표 자격을 확인하는 데 씁니다. 직원은 이유를 적고 그 기록을 남겨야 볼 수 있습니다.",
    "표에는 이름, 주소, 시각이 붙지 않습니다. 투표마다 누가 언제까지 무엇을 알 수 있는지는 그 투표의 ‘누가 내 표를 알 수 있나요?’에 적혀 있습니다.",
    "로그인한 기기의 목록은 로그아웃하고 30일, 접속 주소는 24시간이 지나면 지웁니다.",
    "2년 동안 쓰지 않은 계정은 저절로 지워집니다. 주소를 저장하지 않으므로 미리 알려 드릴 수 없습니다.",
    "‘나’ 화면에서 내 자료를 내려받거나 계정을 지울 수 있습니다. 사실과 다른 정보는 주민센터 창구에서 고칩니다.",
    "인증번호 문자는 시의 문자 중계 업체를 거칩니다.",
  ],
  en: [
    "Your phone number is not stored as it is. It is turned into a value that cannot be turned back; only the last four digits are kept, encrypted, for you to recognise.",
    "District, year of birth and gender are stored, encrypted, only once your residence is confirmed, and decide which polls you may vote in. Staff see them only for a written reason, which is logged.",
    "No name, address or time is stored with a ballot. Who could know what, and until when, stands on each poll's page under “Who can tell how I voted?”.",
    "The list of your devices is erased 30 days after signing out, network addresses after 24 hours.",
    "An account that was not used for two years is erased by itself. As no address is stored, nobody can be warned.",
    "On the page “Me” you can download your data or erase your account. Wrong facts are corrected at a service counter.",
    "Text messages with codes pass through the city's message gateway.",
  ],
};

export function notice() {
  const list = (texts) => h("ul", {}, texts[currentLanguage()].map((text) => h("li", {}, text)));
  return [h("h1", {}, t("notice")), h("h2", {}, t("terms")), list(TERMS), h("h2", {}, t("privacy")), list(PRIVACY)];
}
