"""What `board verify` says, in Korean and English. Pure."""

PHASES = {"read": "줄 다시 읽기 · lines read again", "open": "봉인된 표 열기 · ballots opened"}

CHECKED = {
    "entries": ("게시판 항목 {n}개의 해시를 다시 계산했습니다.", "re-hashed {n} entries of the board"),
    "heads": ("서명된 머리 {n}개가 모두 같은 기록의 이어진 상태입니다.", "{n} signed heads are states of one growing record"),
    "ballots": ("집계되는 표는 {n}장입니다.", "{n} ballots count"),
    "roll": (
        "명부의 사람은 {n}명이고 표는 그보다 많지 않습니다.",
        "the roll holds {n} people and there are no more ballots than that",
    ),
    "people": (
        "투표할 수 있었던 사람은 많아야 {n}명이고 표는 그보다 많지 않습니다.",
        "at most {n} people could vote and there are no more ballots than that",
    ),
    "batches": (
        "묶음 {n}개가 모두 약속한 만큼 큽니다.",
        "all {n} batches hold as many ballots as the poll promised",
    ),
    "shares": (
        "열쇠 조각 {n}개가 시작 때의 약속값과 맞습니다.",
        "{n} shares of the key are those committed to at the opening",
    ),
    "trustees": (
        "수탁자 {n}명의 약속값이 투표 시작 때 공개되었습니다.",
        "commitments of {n} trustees stood on the board from the opening",
    ),
    "opened": ("봉인된 표 {n}장을 공개된 열쇠로 직접 열었습니다.", "opened {n} sealed ballots with the published key"),
    "contents_signed": ("개표 내용에 수탁자 {n}명이 서명했습니다.", "{n} trustees signed the opened contents"),
    "questions": ("질문 {n}개를 다시 세었습니다.", "recounted {n} questions"),
    "kept_heads": ("간직해 둔 머리 {n}개가 이 기록과 맞습니다.", "{n} heads that you kept belong to this record"),
    "witnesses": (
        "참관 서명자 {n}곳이 바로 이 마지막 머리에 서명했습니다.",
        "{n} witnesses cosigned this very final head",
    ),
    "receipts_counted": ("영수증 {n}장의 표가 집계에 들어 있습니다.", "the ballots of {n} receipts are counted"),
    "receipts_replaced": (
        "영수증 {n}장의 표는 나중 표로 바뀌었습니다.",
        "the ballots of {n} receipts were replaced by later ones",
    ),
    "receipts_withdrawn": (
        "영수증 {n}장의 표는 사유와 함께 취소되었습니다.",
        "the ballots of {n} receipts were withdrawn, with a reason",
    ),
}

WRONG = {
    "unreadable": ("읽을 수 없는 줄이 있습니다", "a line cannot be read"),
    "changed-definition": (
        "질문이나 선택지의 글이 서명된 것과 다릅니다",
        "the questions or options are not those that were signed",
    ),
    "forged-head": ("머리의 서명이 맞지 않습니다", "a head is not signed by this board"),
    "head-does-not-fit": ("서명된 머리가 항목들과 맞지 않습니다", "a signed head does not fit the entries before it"),
    "no-final-head": ("마지막 머리가 없습니다", "there is no final head"),
    "entries-after-last-head": ("마지막 머리 뒤에 서명되지 않은 항목이 있습니다", "entries follow the last signed head"),
    "unknown-record": ("알 수 없는 항목이 있습니다", "an entry is of no known kind"),
    "record-out-of-place": ("항목이 있어서는 안 될 자리에 있습니다", "a record stands where it must not"),
    "duplicated-ballot": ("같은 표가 두 번 있습니다", "a ballot stands twice on the board"),
    "ballot-after-closing": ("마감 뒤에 표가 더해졌습니다", "a ballot was added after closing"),
    "wrong-replacement": ("바꾼 표가 가리키는 이전 표가 맞지 않습니다", "a change names a ballot that it cannot replace"),
    "wrong-withdrawal": ("취소가 게시판에 없는 표를 가리킵니다", "a withdrawal names a ballot that is not there"),
    "changed-ballot": ("표의 내용이 게시판의 약속값과 다릅니다", "a ballot's content is not what its leaf commits to"),
    "removed-ballot": ("집계되어야 할 표의 내용이 없습니다", "the content of a ballot that counts is missing"),
    "ballot-that-does-not-count": (
        "바뀌거나 취소된 표의 내용이 들어 있습니다",
        "the content of a replaced or withdrawn ballot is included",
    ),
    "opening-does-not-fit": ("시작 항목이 투표의 정의와 다릅니다", "the opening entry does not fit the poll's definition"),
    "wrong-ballot-count": ("표의 수가 맞지 않습니다", "the number of ballots is not as stated"),
    "more-ballots-than-people": ("표가 명부의 사람보다 많습니다", "there are more ballots than people on the roll"),
    "changed-roll": ("투표하는 동안 명부의 사람 수가 달라졌습니다", "the roll changed its size during the poll"),
    "no-roll": ("투표할 수 있는 사람의 수가 적혀 있지 않습니다", "the number of people who could vote is not stated"),
    "small-batch": (
        "묶음 하나가 너무 작습니다",
        "a batch holds too few ballots, which could single somebody out",
    ),
    "invalid-content": (
        "규칙에 맞지 않는 표가 세어졌습니다",
        "a ballot counts that is no valid answer",
    ),
    "foreign-share": (
        "열쇠 조각이 이 투표의 것이 아닙니다",
        "a share of the key is another poll's, or not the one committed to at the opening",
    ),
    "not-opened": ("봉인된 표가 아직 열리지 않았습니다", "the sealed ballots have not been opened"),
    "opening-cannot-be-read": ("개봉 기록을 읽을 수 없습니다", "the record of the opening cannot be read"),
    "other-recount": (
        "처음에 약속한 방식대로 개표하지 않았습니다",
        "the ballots were not opened in the way that the poll promised",
    ),
    "wrong-key": ("공개된 열쇠가 시작 때 약속한 열쇠가 아닙니다", "the published key is not the one committed to at opening"),
    "wrong-spoiled-list": ("무효표 목록이 맞지 않습니다", "the list of spoiled ballots is wrong"),
    "forged-trustee-signature": (
        "이 투표의 열쇠 조각으로 한 서명이 아닙니다",
        "a signature was not made with a share of this poll: it is forged, or made with another poll's share",
    ),
    "too-few-trustees": ("참여한 수탁자가 모자랍니다", "too few trustees took part"),
    "no-result": ("게시판에 결과가 없습니다", "the board holds no result"),
    "wrong-tie-seed": ("추첨 씨앗이 약속한 값과 다릅니다", "the seed for ties is not the one committed to"),
    "cannot-count": ("다시 셀 수 없습니다", "cannot be recounted"),
    "wrong-result": ("공개된 결과가 다시 센 결과와 다릅니다", "the published result is not what the recount gives"),
    "forged-kept-head": ("간직한 머리의 서명이 맞지 않습니다", "the head that you kept is not signed by this board"),
    "kept-head-of-another-poll": ("간직한 머리는 다른 투표의 것입니다", "the head that you kept is of another poll"),
    "rewritten-archive": ("기록이 다시 쓰였습니다", "the record was rewritten"),
    "not-witnessed": (
        "지정한 참관 서명자가 이 마지막 머리에 서명하지 않았습니다",
        "a witness that you named has not cosigned this final head",
    ),
    "forged-receipt": ("영수증의 서명이 맞지 않습니다", "the receipt is not signed by this board"),
    "receipt-of-another-poll": ("다른 투표의 영수증입니다", "the receipt is of another poll"),
    "broken-promise": ("영수증이 약속한 표가 게시판에 없습니다", "the ballot that the receipt promises is not on the board"),
}

REFUSED = {
    "unknown-signer": (
        "믿기로 한 시의 열쇠로 서명한 머리가 아닙니다",
        "the head is not signed with a key of the city that this witness trusts",
    ),
    "other-poll": ("다른 투표의 머리입니다", "the head is another poll's"),
    "went-back": ("전에 본 것보다 짧은 게시판입니다", "the board is shorter than it was shown before"),
    "fork": (
        "전에 본 게시판이 이어진 것이 아닙니다. 두 머리를 증거로 남겼습니다",
        "this board does not continue the one that was shown before; both heads are kept as evidence",
    ),
}

CANNOT_KNOW = (
    (
        "표를 낸 사람이 모두 실제로 있는 사람이고 스스로 투표했는지(운영자가 명부 안에서 표를 지어낼 수 있습니다)",
        "whether every ballot comes from a real person who voted freely (an operator could stuff ballots below the roll's size)",
    ),
    (
        "다른 사람에게도 같은 게시판이 보였는지: 참관 서명자를 --witness로 지정하거나, 간직한 머리를 --head로 견주어 보세요",
        "whether others were shown the same board: name witnesses with --witness, or compare heads that you and they kept, with --head",
    ),
    (
        "서명한 열쇠가 정말 서울시의 것인지: 보관소가 말하는 열쇠를 다른 곳에 실린 것과 견주어 보세요",
        "whether the keys named in the archive are the city's: compare them with where else they are printed",
    ),
    (
        "투표한 휴대전화나 열쇠를 만든 컴퓨터가 안전했는지",
        "whether the phones that voted, or the computer that dealt the key, were clean",
    ),
)
