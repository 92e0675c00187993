const words = {
  en: {
    title: 'Tomato console', other: '中文', leave: 'Sign out',
    books: 'Books', accounts: 'Accounts', reviews: 'Reviews', settlement: 'Settlement', trades: 'Trades', days: 'Days', keys: 'Keys',
    enterTitle: 'Operator sign-in', enterText: 'With an operator’s key, as script/run prints it, “tomato merchant operator-key” makes it, or the page Keys. It stays in this tab and is sent to this server alone.',
    key: 'Operator key', enter: 'Sign in', loading: 'Loading…', working: 'Working…', unreachable: 'The server does not answer.', more: 'More', none: 'Nothing here.', noPage: 'There is no such page', noPageText: 'The address names none of the console’s pages. These are there:',
    generalLedger: 'General ledger', onDate: 'Business date', code: 'Code', opening: 'Opening', debits: 'Debits', credits: 'Credits', closing: 'Closing',
    balanced: 'Debits equal credits', unbalanced: 'Debits differ from credits', fold: 'Fold or unfold', debitSide: 'Debit balances', creditSide: 'Credit balances', noRows: 'Nothing has been booked by this date.',
    account: 'Account', owner: 'Owner', id: 'Id', side: 'Side', balance: 'Balance', held: 'Held', kept: 'Kept for freezes that wait', immature: 'Immature', available: 'Available', creditLine: 'Credit line', number: 'Number', find: 'Find by number or id', go: 'Open',
    everyone: 'All accounts', platform: 'The platform', channelAccount: 'Channel account', type: 'Type', opened: 'Opened', remark: 'Remark',
    statement: 'Statement', period: 'Period', from: 'from', to: 'to', show: 'Show', csv: 'CSV', pdf: 'PDF', receipt: 'Receipt (PDF)', time: 'Time', sequence: 'No.', what: 'What', reference: 'Reference', debit: 'Debit', credit: 'Credit', earlier: 'Earlier entries', running: 'Balance after each entry', maturities: 'Matures on', perDay: 'In and out by day, and the closing balance', in: 'in', out: 'out', subject: 'Subject', summary: 'Summary', journal: 'Journal',
    freezes: 'Freezes and holds', effect: 'Effect', kind: 'Kind', left: 'Left', status: 'Status', reason: 'Reason', document: 'Document', until: 'Until', history: 'History', rule: 'Settlement rule', next: 'next on', maturesAfter: 'money matures after, in workdays,',
    blocks: { credit: 'Credits blocked', debit: 'Debits blocked' }, deferred: 'Deferred entry', pendingEntries: 'Entries waiting', closed: 'Closed',
    pendingReviews: 'Who asked for a change cannot approve it.', all: 'all', maker: 'Asked by', evidence: 'Evidence', approvals: 'Approvals', expires: 'Expires', change: 'The change (amounts in minor units)', approve: 'Approve', reject: 'Reject', sure: 'Really', amount: 'Amount', refusedBy: 'It was refused', decidedBy: 'Decided by',
    runs: 'Runs', date: 'Date', progress: 'Progress', settled: 'Settled', skipped: 'Skipped', failed: 'Failed', sums: 'Amounts', outcomes: 'Not settled on', matured: 'Matured', settlements: 'Settlements', fee: 'Fee', mode: 'Mode',
    cashOuts: 'Cash-outs', refunds: 'Refunds', adjustments: 'Adjustments', payment: 'Payment', feeReturned: 'Fee returned', outcome: 'Outcome', cancel: 'Cancel', cancelCashOut: 'Cancel the cash-out', cancelSettlement: 'Cancel the settlement', askForReview: 'Ask for the review', waitsForReview: 'It is done once another operator has approved the review', paidOut: 'Paid out', notPaidOut: 'Not paid', failRefund: 'It was not paid: give the money back', newVoucher: 'Manual voucher', voucherText: 'It books what the platform does not see: what came to the bank, what a channel has settled, a difference. It is booked once another operator has approved it.',
    event: 'Event', adjustmentNo: 'Number of the adjustment', chooseEvent: 'Choose an event …', optional: 'may be empty', reasonCode: 'Reason code', about: 'Journal it is about', reverse: 'Reverse', reverseText: 'The reversal books the legs of the journal turned over, whole and once.', noAmount: 'This is no amount of the currency', reasonCodes: { bank_statement: 'as the bank’s statement says', goodwill: 'goodwill', wrong_amount: 'a wrong amount was booked', difference: 'a difference was found', contract: 'as the contract says' },
    voucherFields: { mode: 'Fund mode', merchant_id: 'Merchant', channel_account_id: 'Channel account', receiver_id: 'Merchant that gets the share', currency: 'Currency', other_currency: 'Currency bought', amount: 'Amount', fee: 'Fee', cost: 'Channel’s cost', short: 'What the merchant does not have of it', difference: 'Difference (above 0: the channel took more)', sold: 'Sold', bought: 'Bought', rounding: 'Gained by rounding' },
    events: {
      payment_succeeded: 'Payment succeeded', payment_conflicted: 'Payment conflicted', refund_succeeded: 'Refund succeeded', refund_from_fee: 'Refund taken from the fee', settlement_sent: 'Settlement sent', settlement_paid: 'Settlement paid', settlement_returned: 'Settlement returned', cash_sent: 'Cash-out sent', cash_paid: 'Cash-out paid', cash_returned: 'Cash-out returned', balance_deducted: 'Forced deduction from the balance', deposit_deducted: 'Forced deduction from the deposit',
      channel_cost_accrued: 'Channel cost accrued', channel_settled: 'Channel has settled', profit_shared: 'Profit shared', chargeback_lost: 'Chargeback lost', surplus_found: 'Surplus found', surplus_resolved: 'Surplus: given to a merchant', surplus_refunded: 'Surplus: refunded by the channel', shortage_found: 'Shortage found', shortage_received: 'Shortage: received later', shortage_written_off: 'Shortage: written off', channel_fee_differed: 'Channel took another fee',
      merchant_topped_up: 'Merchant has topped up', deposit_paid_in: 'Deposit paid in at the bank', deposit_taken: 'Deposit taken from the balance', deposit_returned: 'Deposit returned to the balance', currency_sold: 'Currency sold (gain in the currency bought)', currency_bought: 'Currency bought (gain in the currency sold)', interest_paid: 'Interest paid', platform_fee_charged: 'Platform’s fee charged', adjustment_credited: 'Adjustment in the merchant’s favour', adjustment_debited: 'Adjustment at the merchant’s expense',
    },
    withFee: 'Give the fee back too', bankNumber: 'the bank’s number of the transfer', original: 'Original', review: 'Review', parked: 'Parked entries, which an account would not take',
    journals: 'Journals', entries: 'Entries', hash: 'Hash', sealed: 'Sealed at', daysText: 'Of a day that is open nothing is counted yet. A closed day has a seal over each of its rows and the seal before it. Keep its hash elsewhere: as long as it is the same, nothing up to that day was changed.', wrong: 'Wrong',
    keysText: 'An operator may do what the permissions of the key say. A new key takes another operator’s approval, and gives no permission its maker lacks. Only its own operator rotates a key; revoking works at once.',
    newKey: 'New key', operatorName: 'Name of the operator', permissions: 'Permissions', permissionsHint: 'separated by blanks; * for all', permissionsAll: 'All permissions there are', expiresOn: 'Ends after (empty: never)', askForKey: 'Ask for the key',
    secretText: 'The secret is shown this once: copy it now.', copy: 'Copy', copied: 'Copied', afterReview: 'It is a key once another operator has approved the review', lastUsed: 'Last used', created: 'Made', thisKey: 'in use here', nameless: '(no name)', rotate: 'Rotate', revoke: 'Revoke', oldEnds: 'The old key ends', overlaps: { 0: 'at once', 3600: 'in an hour', 86400: 'in a day', 604800: 'in seven days' },
    keyChanges: 'Changes of keys', operator: 'Operator', nextKey: 'Followed by', tool: 'the tool',
    states: {
      active: 'active', revoked: 'revoked', notYet: 'not yet valid', made: 'made', rotated: 'rotated', pending: 'pending', approved: 'approved', failed: 'failed', rejected: 'rejected', withdrawn: 'withdrawn', expired: 'expired',
      waiting: 'waiting', paid: 'paid', returned: 'returned', cancelled: 'cancelled', running: 'running', done: 'done', superseded: 'superseded', skipped: 'skipped', waiting_remittance: 'waiting for remittance', reserved: 'reserved', sent: 'sent', succeeded: 'succeeded',
    },
    hints: {
      accounts: 'An account is opened by the first payment, or over the API.', statement: 'No entries yet, or none in the period.', freezes: 'Freezes by operators, and holds of cash-outs, refunds and settlements, would be here.', reviews: 'Changes that operators ask for wait here.',
      runs: 'There is one each business day.', settlements: 'Runs make them, and merchants who settle by themselves.', cashOuts: 'Merchants and operators ask for them over the API.', refunds: 'Those made by hand, besides the channel, are here too.', adjustments: 'They are asked for over the API, and reviewed.',
    },
    dayStates: {}, freezeStates: {},
    names: {
      'account.change': 'Change of an account', 'account.release': 'End of a judicial freeze', 'account.card': 'Bank card', 'ledger.voucher': 'Voucher template', 'ledger.chart': 'Chart of accounts', 'ledger.chart_close': 'End of a code of the chart', 'trade.adjust': 'Adjustment', 'trade.refund_complete': 'Refund paid out', 'trade.cash_out': 'What became of a cash-out', 'settle.outcome': 'What became of a settlement', 'rate.change': 'Fee rate', 'settle_rule.change': 'Settlement rule', 'operator.key': 'Operator’s key',
      week: 'weekly, on days', week_work: 'weekly on workdays, on days', month: 'monthly, on days', month_work: 'monthly on workdays, on days',
    },
  },
  zh: {
    title: '番茄支付 运营台', other: 'English', leave: '退出',
    books: '总账', accounts: '账户', reviews: '复核', settlement: '结算', trades: '交易', days: '账务日期', keys: '密钥',
    enterTitle: '运营登录', enterText: '请输入运营密钥：script/run 启动时会打印，也可用 tomato merchant operator-key 或“密钥”页新建。密钥只保存在本标签页，只发往本服务器。',
    key: '运营密钥', enter: '登录', loading: '载入中…', working: '处理中…', unreachable: '服务器没有应答。', more: '更多', none: '没有记录。', noPage: '没有这个页面', noPageText: '地址中的页面不存在，可前往：',
    generalLedger: '总账', onDate: '账务日期', code: '科目', opening: '期初余额', debits: '借方发生', credits: '贷方发生', closing: '期末余额',
    balanced: '借贷平衡', unbalanced: '借贷不平', fold: '折叠或展开', debitSide: '借方余额', creditSide: '贷方余额', noRows: '截至该日尚未记账。',
    account: '账户', owner: '归属', id: '编号', side: '方向', balance: '余额', held: '冻结', kept: '为轮候冻结保留', immature: '未到期', available: '可用', creditLine: '信用额度', number: '账号', find: '按账号或编号查找', go: '打开',
    everyone: '全部账户', platform: '平台', channelAccount: '渠道账户', type: '类型', opened: '开户时间', remark: '备注',
    statement: '明细', period: '期间', from: '自', to: '至', show: '查询', csv: 'CSV', pdf: 'PDF', receipt: '回单（PDF）', time: '时间', sequence: '序号', what: '事项', reference: '业务单号', debit: '借方', credit: '贷方', earlier: '更早的明细', running: '逐笔余额', maturities: '到期日', perDay: '每日收支与日终余额', in: '收', out: '支', subject: '对象', summary: '摘要', journal: '凭证',
    freezes: '冻结', effect: '方式', kind: '种类', left: '剩余', status: '状态', reason: '原因', document: '文号', until: '到期', history: '管理历史', rule: '结算规则', next: '下次', maturesAfter: '资金到期（工作日）',
    blocks: { credit: '止收', debit: '止付' }, deferred: '异步入账', pendingEntries: '待入账', closed: '已销户',
    pendingReviews: '制单人不能复核自己的申请。', all: '全部', maker: '制单人', evidence: '凭据', approvals: '复核', expires: '截止', change: '变更内容（金额以最小货币单位计）', approve: '通过', reject: '驳回', sure: '确认', amount: '金额', refusedBy: '未能执行', decidedBy: '处理人',
    runs: '结算批次', date: '日期', progress: '进度', settled: '已结算', skipped: '跳过', failed: '失败', sums: '金额', outcomes: '未结算：', matured: '已到期', settlements: '结算单', fee: '手续费', mode: '方式',
    cashOuts: '提现', refunds: '退款', adjustments: '调账', payment: '支付单', feeReturned: '退回手续费', outcome: '登记结果', cancel: '取消', cancelCashOut: '取消提现', cancelSettlement: '取消结算单', askForReview: '提交复核', waitsForReview: '待另一名运营人员通过复核后生效，复核单', paidOut: '已退付', notPaidOut: '未能退付', failRefund: '确认未退付，归还资金', newVoucher: '手工记账', voucherText: '登记平台看不到的业务：银行到账、渠道清算、发现的差错。另一名运营人员复核通过后记账。',
    event: '凭证事件', adjustmentNo: '调账编号', chooseEvent: '请选择事件…', optional: '可不填', reasonCode: '原因代码', about: '相关凭证', reverse: '红冲', reverseText: '红冲按原凭证的分录反向记账：整笔，仅一次。', noAmount: '金额格式不符合该币种', reasonCodes: { bank_statement: '依银行对账单', goodwill: '商誉补偿', wrong_amount: '金额记错', difference: '发现差错', contract: '依合同' },
    voucherFields: { mode: '资金模式', merchant_id: '商户', channel_account_id: '渠道账户', receiver_id: '分账接收商户', currency: '币种', other_currency: '买入币种', amount: '金额', fee: '手续费', cost: '渠道成本', short: '其中商户不足部分', difference: '差额（正数为渠道多收）', sold: '卖出', bought: '买入', rounding: '尾差收益' },
    events: {
      payment_succeeded: '支付成功', payment_conflicted: '支付冲突', refund_succeeded: '退款成功', refund_from_fee: '自手续费退款', settlement_sent: '结算发出', settlement_paid: '结算付讫', settlement_returned: '结算退回', cash_sent: '提现发出', cash_paid: '提现付讫', cash_returned: '提现退汇', balance_deducted: '自余额司法扣划', deposit_deducted: '自保证金司法扣划',
      channel_cost_accrued: '计提渠道成本', channel_settled: '渠道清算到账', profit_shared: '分账', chargeback_lost: '拒付败诉', surplus_found: '发现长款', surplus_resolved: '长款：归属商户', surplus_refunded: '长款：渠道退回付款人', shortage_found: '发现短款', shortage_received: '短款：补收', shortage_written_off: '短款：核销', channel_fee_differed: '渠道手续费差额',
      merchant_topped_up: '商户充值', deposit_paid_in: '保证金缴存（银行到账）', deposit_taken: '保证金划扣（自余额）', deposit_returned: '保证金退回（至余额）', currency_sold: '换汇（收益计买入币种）', currency_bought: '换汇（收益计卖出币种）', interest_paid: '付息', platform_fee_charged: '收取平台手续费', adjustment_credited: '调增商户余额', adjustment_debited: '调减商户余额',
    },
    withFee: '同时退回手续费', bankNumber: '银行流水号', original: '原凭证', review: '复核单', parked: '搁置的待入账，账户未能接受',
    journals: '凭证', entries: '分录', hash: '哈希', sealed: '封账时间', daysText: '记账中的日期尚不计数。封账后的每一天，对其全部行及前一日的封印计算哈希。请另存一份：只要哈希不变，该日及以前的账就没有被改动。', wrong: '有误',
    keysText: '运营人员能做什么，由密钥的权限决定。新密钥须由另一名运营人员复核，且不能超出申请人自己的权限。密钥只能由本人轮换；吊销立即生效。',
    newKey: '新建密钥', operatorName: '运营人员姓名', permissions: '权限', permissionsHint: '以空格分隔；* 为全部', permissionsAll: '全部权限一览', expiresOn: '有效至（留空为长期）', askForKey: '申请密钥',
    secretText: '密钥只显示这一次，请立即复制。', copy: '复制', copied: '已复制', afterReview: '另一名运营人员通过复核后生效，复核单', lastUsed: '最近使用', created: '生成时间', thisKey: '当前使用', nameless: '（未命名）', rotate: '轮换', revoke: '吊销', oldEnds: '旧密钥失效于', overlaps: { 0: '立即', 3600: '一小时后', 86400: '一天后', 604800: '七天后' },
    keyChanges: '密钥变更记录', operator: '操作人', nextKey: '接替密钥', tool: '命令行工具',
    states: {
      active: '有效', revoked: '已吊销', notYet: '尚未生效', made: '新建', rotated: '轮换', pending: '待复核', approved: '已通过', failed: '失败', rejected: '已驳回', withdrawn: '已撤回', expired: '已过期',
      waiting: '等待', paid: '已付', returned: '已退回', cancelled: '已取消', running: '进行中', done: '完成', superseded: '被次日取代', skipped: '跳过', waiting_remittance: '待出款', reserved: '已预留', sent: '已发出', succeeded: '成功',
    },
    hints: {
      accounts: '首笔支付或接口开户后出现。', statement: '尚无分录，或该期间没有分录。', freezes: '运营冻结，以及提现、退款、结算的占用，都会列在这里。', reviews: '运营人员提出的变更在此等待复核。',
      runs: '每个账务日一批。', settlements: '由结算批次生成，或由自助结算的商户发起。', cashOuts: '由商户或运营通过接口发起。', refunds: '渠道之外的人工退款也在这里。', adjustments: '通过接口提出，经复核后记账。',
    },
    dayStates: { open: '记账中', closing: '封账中', closed: '已封账' }, freezeStates: { open: '生效中', closed: '已结束', expired: '已到期', waiting: '轮候' },
    names: {
      payment: '支付', operator: '运营', refund: '退款', settlement: '结算', cash: '提现', adjustment: '调账', pending: '待入账', channel: '渠道', remittance: '出款', api: '接口', share: '分账', dispute: '争议', difference: '差错', top_up: '充值', deposit: '保证金', exchange: '换汇', interest: '利息', fee: '费用',
      succeeded: '成功', conflicted: '冲突', transfer: '转账', hold: '冻结', capture: '扣划', release: '解冻', applied: '入账', returned: '退回', reversed: '红冲', corrected: '蓝补', cost: '成本', settled: '清算', sent: '发出', paid: '付讫', lost: '败诉', found: '发现', resolved: '处理', refunded: '退款', received: '收到', written_off: '核销', charged: '收取',
      amount: '金额', credit_block: '冻结止收', debit_block: '冻结止付', full_block: '完全冻结', judicial: '司法', risk: '风险', withdrawal: '提现', preauthorisation: '预授权',
      'account.change': '账户变更', 'account.release': '司法冻结的解除或扣划', 'account.card': '结算银行卡', 'ledger.voucher': '凭证模板', 'ledger.chart': '会计科目', 'ledger.chart_close': '会计科目停用', 'trade.adjust': '调账', 'trade.refund_complete': '退款确认', 'trade.cash_out': '提现结果确认', 'settle.outcome': '结算结果确认', 'rate.change': '费率变更', 'settle_rule.change': '结算规则变更', 'operator.key': '运营密钥',
      opened: '开户', cancelled: '销户', reopened: '恢复', credit_line: '信用额度', deferred: '入账方式', frozen: '冻结', released: '解冻', deducted: '司法扣划', freeze_started: '冻结生效', freeze_expired: '冻结到期', hold_placed: '占用', hold_captured: '占用扣款', hold_released: '占用释放', hold_started: '占用生效', hold_expired: '占用到期', remarked: '备注', settlement_rule: '结算规则',
      collect: '平台收款', direct: '商户直收', automatic: '自动', self_service: '自助', event: '凭证事件', legs: '指定分录', reversal: '红冲', correction: '蓝补', week: '每周', week_work: '每周（遇休顺延）', month: '每月', month_work: '每月（遇休顺延）',
    },
  },
};

const asked = new URLSearchParams(location.search).get('lang');
let language = /^zh/i.test(asked || navigator.language) ? 'zh' : 'en';
export const isChinese = () => language === 'zh';
export const languageName = () => language;
export const w = () => words[language];
// What the API calls something; as it is where there is no word.
export const nameOf = (text) => w().names[text] ?? (text ?? '').replaceAll('_', ' ');
export const stateOf = (text) => w().states[text] ?? nameOf(text);
export const eventOf = (text) => w().events[text] ?? nameOf(text);
export const reasonCodeOf = (text) => w().reasonCodes[text] ?? text;
// The words of the page that is drawn once; the address keeps the language over a reload.
export function changeLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  const query = new URLSearchParams(location.search);
  query.set('lang', language);
  history.replaceState(null, '', `?${query}${location.hash}`);
}
