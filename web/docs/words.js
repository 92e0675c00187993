const words = {
  en: {
    other: '中文', title: 'Tomato API', errors: 'Error codes', document: 'API document', search: 'Search paths, fields, error codes',
    intro: 'JSON in UTF-8. Money is an integer of minor units with its currency, a time is RFC 3339. Fields that are not listed here are refused by name. Every POST takes an Idempotency-Key: the same key with the same content gives the first answer again.',
    signing: 'How a request is signed', hash: 'SHA-256 of the body, in hex (of an empty body as well)',
    signed: 'These five lines, each ended by a line break, are signed with your key over the exact bytes that are sent:',
    header: 'The signature goes, in base64, into one header:',
    rules: 'HMAC-SHA256, RSA-SHA256, ED25519 and SM2-SM3 (hash: SM3) are understood. The clock may be off by 300 s; a nonce (16 to 64 characters) is taken once. Answers carry Tomato-Signature, made with a key of GET /v1/platform-keys.',
    nothing: 'Nothing fits the search.', audiences: { merchant: 'For merchants', operator: 'For operators', public: 'For everyone' },
    auth: { tomatoSignature: 'signed by a merchant’s key', operatorKey: 'Authorization: Bearer, an operator’s key', metricsToken: 'from the machine itself, or Bearer with the metrics token', none: 'open to everyone' },
    who: 'Who', permission: 'permission', parameters: 'Parameters', body: 'Body', example: 'Example', answer: 'Answer', refusals: 'Errors of its own', list: 'a list of',
    field: 'Field', type: 'Type', meaning: 'Meaning', required: 'required', page: 'and next_cursor while has_more',
    errorsIntro: 'Every refusal is one object: {"error": {type, code, message, message_zh, param, request_id, doc_url, retryable, advice}}. Programs decide by code; codes are never renamed.',
    code: 'Code', status: 'Status', retryable: 'may be repeated', advice: 'Advice',
  },
  zh: {
    other: 'English', title: '番茄支付接口', errors: '错误码', document: '接口文档', search: '搜索路径、字段、错误码',
    intro: '正文为 UTF-8 编码的 JSON。金额是以最小货币单位计的整数，并带币种；时间为 RFC 3339。未列出的字段会被指名拒绝。每个 POST 都接受 Idempotency-Key：同键同内容返回首次的应答。（接口说明原文为英文。）',
    signing: '请求如何签名', hash: '正文的 SHA-256，十六进制（空正文亦然）',
    signed: '对以下五行（每行以换行符结尾）用您的密钥签名，正文按实际发送的字节计算：',
    header: '签名以 base64 写入一个请求头：',
    rules: '支持 HMAC-SHA256、RSA-SHA256、ED25519、SM2-SM3（摘要用 SM3）。时钟误差不超过 300 秒；随机数 16 至 64 个字符，只接受一次。应答带有 Tomato-Signature，公钥见 GET /v1/platform-keys。',
    nothing: '没有匹配的内容。', audiences: { merchant: '商户接口', operator: '运营接口', public: '公开接口' },
    auth: { tomatoSignature: '商户密钥签名', operatorKey: 'Authorization: Bearer，运营密钥', metricsToken: '本机访问，或 Bearer 指标令牌', none: '公开' },
    who: '调用方', permission: '权限', parameters: '参数', body: '请求正文', example: '示例', answer: '应答', refusals: '特有的错误', list: '列表，元素为',
    field: '字段', type: '类型', meaning: '含义', required: '必填', page: '另有 next_cursor，直至 has_more 为 false',
    errorsIntro: '每次拒绝都是一个对象：{"error": {type, code, message, message_zh, param, request_id, doc_url, retryable, advice}}。程序应以 code 判断；错误码从不改名。',
    code: '错误码', status: '状态码', retryable: '可重试', advice: '建议',
  },
};

let language = /^zh/i.test(new URLSearchParams(location.search).get('lang') || navigator.language) ? 'zh' : 'en';
export const isChinese = () => language === 'zh';
export const w = () => words[language];
export const $ = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Words, language button and search box of a page that is drawn by draw().
export function begin(draw) {
  const all = () => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = w().title;
    for (const node of document.querySelectorAll('[data-word]')) node.textContent = w()[node.dataset.word];
    $('language').textContent = w().other;
    $('search').placeholder = w().search;
    $('search').setAttribute('aria-label', w().search);
    draw();
  };
  $('language').addEventListener('click', () => { language = language === 'zh' ? 'en' : 'zh'; all(); });
  $('search').addEventListener('input', draw);
  addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== $('search')) { event.preventDefault(); $('search').focus(); }
  });
  all();
}

// Whether every word of the search box occurs in the text.
export function fits(text) {
  const low = text.toLowerCase();
  return $('search').value.toLowerCase().split(/\s+/).every((part) => low.includes(part));
}

// What the address points to, once it has been drawn.
export function goToTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === 'DETAILS') target.open = true;
  target.classList.add('target');
  target.scrollIntoView();
}
