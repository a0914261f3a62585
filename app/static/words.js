// The app's texts in Korean and English, some with an English text for one thing. Names say where a text stands.
const WORDS = {
  polls: ["투표", "Polls"], ideas: ["제안", "Ideas"], debates: ["토론", "Debates"], inbox: ["알림", "Inbox"], me: ["나", "Me"],
  brand: ["엠보팅", "mVoting"], skip: ["본문으로 건너뛰기", "Skip to content"], other_language: ["English", "한국어"],
  loading: ["불러오는 중…", "Loading…"], retry: ["다시 시도", "Try again"], back: ["뒤로", "Back"], next: ["다음", "Next"],
  send: ["보내기", "Send"], nothing: ["아직 아무것도 없습니다.", "There is nothing here yet."],
  offline: ["지금은 연결되지 않습니다. 잠시 뒤에 다시 시도해 주세요.", "There is no connection. Please try again in a moment."],
  offline_vote: ["아직 보내지 못했습니다. 연결되면 자동으로 보냅니다.", "It could not be sent yet. It goes out by itself once there is a connection."],
  sent_later: ["기다리던 투표를 보냈습니다.", "Your waiting vote has been sent."],
  state_scheduled: ["예정", "Upcoming"], state_open: ["진행 중", "Open"], state_closed: ["마감", "Closed"], state_tallied: ["개표 중", "Counting"], state_published: ["결과 발표", "Result"], state_cancelled: ["취소됨", "Cancelled"], state_draft: ["초안", "Draft"],
  opens: ["시작", "Opens"], closes: ["마감", "Closes"], change_vote: ["다시 투표하기", "Change my vote"],
  choose_one: ["하나를 고르세요.", "Choose one."], choose_some: ["{min}개에서 {max}개까지 고르세요.", "Choose {min} to {max}."], choose_any: ["마음에 드는 것을 모두 고르세요.", "Choose all that you approve of."],
  rank_them: ["좋아하는 순서대로 누르세요. 일부만 골라도 됩니다.", "Tap in your order of preference. You may leave some out."], score_them: ["0점에서 {max}점까지 매겨 주세요.", "Give each a score from 0 to {max}."],
  share_points: ["모두 합해 {max}점까지 나누어 주세요.", "Share out up to {max} points in all."], budget_choose: ["예산 {budget} 안에서 고르세요.", "Choose within the budget of {budget}."],
  blank: ["선택하지 않음", "Leave blank"], question_of: ["질문 {n} / {all}", "Question {n} of {all}"],
  confirm_title: ["이대로 투표할까요?", "Cast this vote?"], cast: ["투표합니다", "Cast my vote"], voted: ["투표했습니다", "You have voted"],
  voted_waiting: ["투표를 보내기를 기다리고 있습니다", "Your vote is waiting to be sent"],
  receipt: ["접수증", "Receipt"], receipt_what: ["로그아웃할 때까지 이 기기에만 저장됩니다. 마감 뒤 공개 기록에서 내 투표가 들어 있는지 확인할 수 있습니다. 접수증에는 무엇을 골랐는지 적혀 있지 않습니다.", "It is kept on this device only, until you sign out. You can check that your ballot is in the public record. It does not say what you chose."],
  check_ballot: ["내 투표 확인하기", "Check my ballot"], check_found: ["확인했습니다. 공개 기록 {size}개 항목 가운데 {index}번째에 있습니다.", "Checked: entry {index} of the {size} on the public record."], check_pending: ["아직 공개 기록에 오르지 않았습니다. 표는 여러 장이 모여야 한꺼번에 공개됩니다.", "Not on the public record yet. Ballots are published in batches."], check_bad: ["확인에 실패했습니다. 접수증을 보관하고 선거 담당자에게 알려 주세요.", "The check failed. Keep your receipt and tell the poll's officers."],
  room: ["비공개 투표방", "Private room"], room_number: ["방 번호", "Room number"], room_password: ["비밀번호", "Password"], enter: ["들어가기", "Enter"], venue: ["현장에서만 참여할 수 있는 투표입니다.", "Only people at the venue can take part."], venue_code: ["현장 화면의 코드", "Code on the venue's screen"], check_in: ["현장 확인하기", "Check in"], check_in_here: ["내 위치로 현장 확인하기", "Check in by my position"], checked_in: ["현장 확인이 끝났습니다. {until}까지 투표할 수 있습니다.", "Checked in. You can vote until {until}."], no_position: ["위치를 알 수 없습니다.", "Your position is not known."],
  sealed_note: ["봉인 투표입니다. 마감 뒤 관리인들이 함께 열기 전까지 아무도 내용을 볼 수 없습니다.", "A sealed poll: nobody can read the ballots until the trustees open them together after closing."],
  result: ["결과", "Result"], winners: ["선정", "Chosen"], round: ["{n}회차", "Round {n}"], votes: ["표", "Votes"], option: ["선택지", "Option"], ballots_counted: ["모두 {n}명이 투표했습니다.", "{n} ballots were counted.", "One ballot was counted."], poll_privacy: ["누가 내 표를 알 수 있나요?", "Who can tell how I voted?"], archive: ["모든 표 내려받아 다시 세기", "Download every ballot and recount"], no_figures: ["결과는 마감 뒤에 공개됩니다.", "Results are shown after closing."],
  consents_changed: ["이용약관이나 개인정보 처리방침이 바뀌었습니다. 동의하면 이어서 쓸 수 있습니다.", "The terms or the privacy notice have changed. Agree to go on."], consents_agree: ["바뀐 내용에 동의합니다", "I agree to the new version"], approval: ["다른 기기 로그인 확인", "Confirm a sign-in elsewhere"], approval_note: ["5분 안에 다른 기기나 창구 직원에게 이 번호를 알려 주세요.", "Type it on the other device, or tell it at the counter, within five minutes."],
  sign_in: ["로그인", "Sign in"], sign_in_first: ["참여하려면 휴대전화 번호로 로그인해 주세요.", "Sign in with your phone number to take part."], phone: ["휴대전화 번호", "Phone number"], get_code: ["인증번호 받기", "Send the code"], code: ["인증번호", "Code"], code_sent: ["인증번호를 보냈습니다.", "The code has been sent."], code_shown: ["개발용 인증번호: {code}", "Development code: {code}"], agree: ["만 14세 이상이며 이용약관과 개인정보 처리방침에 동의합니다.", "I am 14 or older and agree to the terms and the privacy notice."], child: ["만 14세 미만입니다.", "I am under 14."], agree_child: ["만 14세 미만이며 이용약관과 개인정보 처리방침에 동의합니다. 보호자도 동의해야 계정을 쓸 수 있습니다.", "I am under 14 and agree to the terms and the privacy notice. A guardian must consent as well."], no_phone_code: ["이 웹사이트에서는 휴대전화 인증번호로 로그인할 수 없습니다. 엠보팅 앱이나 가까운 주민센터 창구를 이용해 주세요.", "This website offers no sign-in by a phone code. Please use the app or a service counter."],
  approval_code: ["로그인된 기기에서 받은 확인 번호", "Code from a device that is signed in"], approval_use: ["확인 번호로 계속", "Go on with this code"], newcomer_note: ["이 번호를 새로 받으셨나요? 이전 주인의 계정 대신 새로 시작할 수 있습니다.", "Is this number new to you? You can start anew instead of the former holder's account."], newcomer: ["새로 시작하기", "Start anew"],
  guardian_wait: ["보호자의 동의를 기다리고 있습니다", "Waiting for a guardian's consent"], guardian_wait_note: ["만 14세 미만은 보호자가 동의해야 참여할 수 있습니다. 번호를 받아 보호자에게 알려 주세요.", "Under 14, a guardian must consent before you can take part. Get a code and give it to your guardian."], guardian_code: ["보호자에게 줄 번호 받기", "Get a code for my guardian"], guardian_code_note: ["보호자가 {until}까지 엠보팅의 ‘나’ 화면에서 이 번호를 입력하면 됩니다.", "Your guardian types it on the page “Me” by {until}."], guardian_look: ["동의했는지 확인하기", "Look whether it was given"], guardian_not_yet: ["아직 보호자가 동의하지 않았습니다.", "No guardian has consented yet."],
  guardian_consent: ["자녀의 계정에 보호자로 동의하기", "Consent to a child's account"], guardian_code_label: ["자녀가 받은 번호 10자리", "The ten digits that the child was given"], guardian_agree: ["자녀의 법정대리인으로서 이용약관과 개인정보 처리방침에 동의합니다.", "As the child's legal guardian I agree to the terms and the privacy notice."], guardian_give: ["동의합니다", "I consent"], guardian_done: ["동의했습니다. 이제 자녀가 참여할 수 있습니다.", "Thank you. The child can take part now."],
  document_terms: ["이용약관 {version}판", "Terms, version {version}"], document_privacy: ["개인정보 처리방침 {version}판", "Privacy notice, version {version}"],
  sign_out: ["로그아웃", "Sign out"], signed_in: ["로그인되어 있습니다.", "You are signed in."],
  new_idea: ["제안하기", "Propose an idea"], title: ["제목", "Title"], body: ["내용", "Text"], similar: ["비슷한 제안이 이미 있어요", "Similar ideas exist already"], endorse: ["공감하기", "Endorse"], endorsed: ["공감했습니다", "Endorsed"], endorsements: ["공감 {n}", "{n} endorsements", "{n} endorsement"], overdue: ["답변 지연", "Overdue"], to_threshold: ["다음 단계까지 {n}", "{n} to the next step"], reply_due: ["{department} 답변 기한: {at}", "Reply of {department} due {at}"],
  event_submit: ["제안이 올라왔습니다", "The idea was raised"], event_reach: ["공감 기준에 도달했습니다", "Enough people endorsed it"], event_lift: ["시가 다음 단계로 올렸습니다", "Staff lifted it to the next step"], event_expire: ["공감 기간이 끝났습니다", "The time for endorsements ended"], event_close_debate: ["토론이 끝났습니다", "The debate closed"], event_reply: ["시가 답변했습니다", "The city replied"], event_accept: ["채택되었습니다", "Accepted"], event_decline: ["채택되지 않았습니다", "Declined"], event_advance: ["다음 단계로 나아갔습니다", "Moved to the next stage"], event_adopt_at_once: ["부서가 바로 채택했습니다", "Adopted at once by the department"], event_complete: ["완료되었습니다", "Completed"], event_reopen: ["다시 열렸습니다", "Reopened"], event_retire: ["거두어졌습니다", "Retired"], event_merge: ["다른 제안과 합쳐졌습니다", "Merged with another idea"],
  timeline: ["진행 과정", "What has happened"], answer: ["시의 답변", "The city's answer"], report: ["신고하기", "Report"], reported: ["신고를 접수했습니다.", "Thank you, the report was received."], spam: ["광고·도배", "Spam"], offensive: ["욕설·혐오", "Offensive"], off_topic: ["주제와 무관", "Off topic"], personal_data: ["개인정보 노출", "Personal data"], false: ["사실과 다름", "False"],
  reply: ["의견 쓰기", "Reply"], replies: ["의견 {n}", "{n} replies", "{n} reply"], side_for: ["찬성", "For"], side_against: ["반대", "Against"], side_other: ["기타", "Other"], side_none: ["의견", "Comment"], side: ["내 입장", "My side"], hidden_text: ["운영자가 가린 글입니다.", "A moderator has hidden this text."], official: ["시 공식 답변", "Official"], summary: ["정리와 시의 답변", "Summary and the city’s answer"],
  sessions: ["로그인한 기기", "Signed-in devices"], this_device: ["이 기기", "this device"], end_session: ["이 기기 로그아웃", "Sign this device out"],
  receipts: ["내 접수증", "My receipts"],
  notifications: ["알림 설정", "Notifications"], topics: ["관심 주제", "Topics"], topics_note: ["고른 주제의 시 소식을 받습니다.", "The city’s messages about these reach you."],
  kinds: ["받을 알림", "What to be told"], kinds_note: ["끈 알림도 알림함에는 남습니다.", "What you switch off is still in your inbox."], always_on: ["끌 수 없습니다.", "This cannot be switched off."],
  quiet: ["방해 금지 시간", "Quiet hours"], quiet_on: ["정한 시간에는 울리지 않기", "Stay silent at these hours"], quiet_from: ["부터", "From"], quiet_to: ["까지", "To"],
  save: ["저장", "Save"], saved: ["저장했습니다.", "Saved."],
  busy: ["지금은 요청이 많습니다. {n}초 뒤에 다시 시도해 주세요.", "The service is busy. Please try again in {n} seconds."], send_now: ["지금 보내기", "Send now"], more: ["더 보기", "More"], home: ["처음으로", "Go to the start"],
  unknown_page: ["찾을 수 없는 화면입니다", "There is no such page"], unknown_page_note: ["주소가 잘못되었거나 바뀌었습니다.", "The address is wrong or has changed."],
  polls_open: ["진행 중인 투표", "Open now"], polls_scheduled: ["예정된 투표", "Coming up"], polls_over: ["끝난 투표", "Over"], cancelled_note: ["취소된 투표입니다.", "This poll was cancelled."],
  more_alerts: ["그 밖의 재난 알림 {n}건", "{n} more alerts", "One more alert"], exercise: ["훈련", "Exercise"], alert_until: ["{at}까지", "until {at}"], alert_more: ["자세히 보기", "Read more"],
  visibility_held: ["운영자가 확인한 뒤 공개됩니다.", "A moderator will look at it before it is published."], visibility_hidden: ["운영자가 가린 글입니다.", "A moderator has hidden this text."], visibility_draft: ["아직 올리지 않은 글입니다.", "This is a draft."], visibility_erased: ["지워진 글입니다.", "This text was erased."],
  made_earlier: ["앞서 보낸 글이 이미 올라가 있습니다. 바꾼 내용은 올리지 않았습니다.", "Your earlier text had been posted already. What you changed since was not posted."],
  verdict_accepted: ["채택", "Accepted"], verdict_partly: ["일부 채택", "Accepted in part"], verdict_declined: ["채택하지 않음", "Declined"], verdict_reply: ["답변", "Reply"], answer_reason: ["이유:", "Reason:"],
  stay: ["로그인 유지", "Stay signed in"], discard_and_leave: ["투표를 버리고 로그아웃", "Discard the vote and sign out"], leaving_waiting: ["아직 보내지 못한 투표가 있습니다. 지금 로그아웃하면 그 투표는 버려집니다.", "A vote has not been sent yet. If you sign out now, it is discarded."], leaving_receipts: ["로그아웃하면 투표 접수증이 이 기기에서 지워집니다. 나중에 내 투표를 확인하려면 파일로 저장해 두세요.", "Signing out erases your receipts from this device. Save them as a file to check your votes later."], save_receipts: ["접수증을 파일로 저장", "Save the receipts"],
  signed_out_here: ["이 기기에서 로그아웃했고 로그인 정보를 모두 지웠습니다. 연결이 없어 서버에는 알리지 못했지만, 접속 권한은 10분 안에 끝납니다.", "You are signed out here and nothing is left on this device. The server could not be told; access ends within ten minutes."],
  notice: ["이용약관과 개인정보 처리방침", "Terms and privacy notice"], terms: ["이용약관", "Terms of use"], privacy: ["개인정보 처리방침", "Privacy notice"],
  own_data: ["내 자료와 계정 삭제", "My data, erasing my account"], export: ["내 자료 내려받기", "Download my data"], export_note: ["엠보팅에 저장된 내 자료를 한 파일로 모읍니다.", "Collects what mVoting stores about you in one file."], export_waiting: ["자료를 모으고 있습니다. 잠시 뒤에 다시 확인해 주세요.", "It is being put together. Look again in a moment."], export_look: ["다 되었는지 확인", "Look whether it is ready"], export_fetch: ["파일 받기", "Fetch the file"], export_until: ["{at}까지 받을 수 있습니다.", "Available until {at}."],
  erase: ["계정 삭제", "Erase my account"], erase_note: ["바로 지워지며 되돌릴 수 없습니다. 이미 한 투표는 집계에 남지만 누구의 표인지는 남지 않습니다.", "It is erased at once and cannot be brought back. Votes already cast stay counted, and belong to nobody."], erase_word: ["삭제", "erase"], erase_type: ["계속하려면 ‘{word}’라고 입력하세요.", "To go on, type “{word}”."], erase_wrong: ["‘{word}’라고 입력해야 지워집니다.", "Type “{word}” to erase the account."], erased: ["계정을 지웠습니다.", "Your account has been erased."],
};

let language = localStorage.getItem("language") || (navigator.language.startsWith("ko") ? "ko" : "en");

export const currentLanguage = () => language;

export function setLanguage(to) {
  language = to;
  localStorage.setItem("language", to);
  document.documentElement.lang = to;
}

export function t(name, fields = {}) {
  const [korean, english, ofOne] = WORDS[name] ?? [name, name];
  const text = language === "ko" ? korean : fields.n === 1 ? (ofOne ?? english) : english;
  return text.replace(/\{(\w+)\}/g, (_, key) => fields[key] ?? "");
}

// Text that staff wrote in one or two languages, or a citizen in one.
export const local = (text) => (typeof text === "string" ? text : (text?.[language] ?? text?.ko ?? ""));

export function when(moment) {
  return new Date(moment).toLocaleString(language === "ko" ? "ko-KR" : "en-GB", { timeZone: "Asia/Seoul", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" });
}
