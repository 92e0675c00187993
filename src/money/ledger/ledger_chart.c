#include "money/ledger/ledger_int.h"

/* Only what is spent from has a floor: what we owe a merchant cannot be paid out twice. */
static const struct ledger_chart_row chart[] = {
    {LEDGER_CODE_BANK, LEDGER_DEBIT, false, "Deposits at the bank", "备付金存款"},
    {LEDGER_CODE_FEE_RECEIVABLE, LEDGER_DEBIT, false, "Fee receivable", "应收手续费"},
    {LEDGER_CODE_CHANNEL_RECEIVABLE, LEDGER_DEBIT, false, "Receivable from channel", "应收渠道款"},
    {LEDGER_CODE_MERCHANT_PAYABLE, LEDGER_CREDIT, true, "Payable to merchant", "应付商户待结算"},
    {LEDGER_CODE_CHANNEL_FEE_PAYABLE, LEDGER_CREDIT, false, "Channel fee payable",
     "应付渠道手续费"},
    {LEDGER_CODE_SUSPENSE, LEDGER_CREDIT, false, "Suspense, unexplained receipts", "待处理长款"},
    {LEDGER_CODE_WAITING, LEDGER_CREDIT, false, "Entries waiting", "待入账"},
    {LEDGER_CODE_FEE_INCOME, LEDGER_CREDIT, false, "Fee income", "手续费收入"},
    {LEDGER_CODE_CHANNEL_FEE_EXPENSE, LEDGER_DEBIT, false, "Channel fee expense", "渠道手续费支出"},
};

const struct ledger_chart_row *ledger_chart_find(enum ledger_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(chart); i++) {
        if (chart[i].code == code) {
            return &chart[i];
        }
    }
    return NULL;
}
