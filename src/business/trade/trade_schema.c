#include "business/trade/trade_int.h"

const struct migration trade__migrations[15] = {
    {
        .name = "trade.001_cash_out",
        .sql = "CREATE TABLE trade_cash_out (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'who asked',\n"
               "  merchant_order_no VARCHAR(64) NOT NULL COMMENT 'unique per merchant, for ever',\n"
               "  account_id BIGINT NOT NULL COMMENT 'the money is taken from it',\n"
               "  card_id BIGINT NOT NULL COMMENT 'and goes there',\n"
               "  amount BIGINT NOT NULL COMMENT 'minor units, what the card gets',\n"
               "  fee BIGINT NOT NULL COMMENT 'minor units, on top of it',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  rate_id BIGINT NOT NULL COMMENT '0: no rate was configured',\n"
               "  rate_millionths BIGINT NOT NULL COMMENT '3800 is 0.38 %',\n"
               "  rate_snapshot VARCHAR(1000) NOT NULL COMMENT 'JSON of the terms',\n"
               "  hold_id BIGINT NOT NULL COMMENT 'of amount and fee',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  status INT NOT NULL COMMENT 'enum trade_cash_status',\n"
               "  reason VARCHAR(200) NOT NULL COMMENT 'why it failed or came back',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (merchant_id, merchant_order_no)\n"
               ")",
    },
    {
        .name = "trade.002_cash_out_merchant",
        .sql = "CREATE INDEX trade_cash_out_merchant ON trade_cash_out (merchant_id, id)",
    },
    {
        .name = "trade.003_refund",
        .sql =
            "CREATE TABLE trade_refund (\n"
            "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
            "  payment_id BIGINT NOT NULL COMMENT 'what is refunded',\n"
            "  merchant_id BIGINT NOT NULL COMMENT 'of the payment',\n"
            "  channel_account_id BIGINT NOT NULL COMMENT 'of the payment',\n"
            "  mode INT NOT NULL COMMENT 'enum ledger_fund_mode, of the payment',\n"
            "  merchant_refund_no VARCHAR(64) NOT NULL COMMENT 'unique per merchant, for ever',\n"
            "  amount BIGINT NOT NULL COMMENT 'minor units, what the payer gets',\n"
            "  fee_returned BIGINT NOT NULL COMMENT 'minor units, of the trade fee',\n"
            "  fee BIGINT NOT NULL COMMENT 'minor units, charged for the refund',\n"
            "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
            "  rate_id BIGINT NOT NULL COMMENT '0: no rate was configured',\n"
            "  rate_millionths BIGINT NOT NULL COMMENT '3800 is 0.38 %',\n"
            "  rate_snapshot VARCHAR(1000) NOT NULL COMMENT 'JSON of the terms',\n"
            "  hold_id BIGINT NOT NULL COMMENT 'of what was available, 0: none',\n"
            "  immature_id BIGINT NOT NULL COMMENT 'number of the immature part, 0: none',\n"
            "  immature_hold_id BIGINT NOT NULL COMMENT 'of what matures, 0: none',\n"
            "  immature BIGINT NOT NULL COMMENT 'minor units, from the maturity',\n"
            "  matures_on BIGINT NOT NULL COMMENT 'yyyymmdd, 0: none',\n"
            "  reason VARCHAR(200) NOT NULL COMMENT 'as asked',\n"
            "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
            "  status INT NOT NULL COMMENT 'enum trade_refund_status',\n"
            "  failure VARCHAR(200) NOT NULL COMMENT 'why it failed',\n"
            "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
            "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
            "  PRIMARY KEY (id),\n"
            "  UNIQUE (merchant_id, merchant_refund_no)\n"
            ")",
    },
    {
        .name = "trade.004_refund_payment",
        .sql = "CREATE INDEX trade_refund_payment ON trade_refund (payment_id, id)",
    },
    {
        .name = "trade.005_refunded",
        .sql = "CREATE TABLE trade_refunded (\n"
               "  payment_id BIGINT NOT NULL COMMENT 'of the payment',\n"
               "  reserved BIGINT NOT NULL COMMENT 'minor units, on their way',\n"
               "  refunded BIGINT NOT NULL COMMENT 'minor units',\n"
               "  fee_returned BIGINT NOT NULL COMMENT 'minor units, with both of them',\n"
               "  immature BIGINT NOT NULL COMMENT 'minor units, from the maturity by both',\n"
               "  PRIMARY KEY (payment_id)\n"
               ")",
    },
    {
        .name = "trade.006_adjustment",
        .sql = "CREATE TABLE trade_adjustment (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free, from 1; rows are never changed',\n"
               "  adjustment_no VARCHAR(64) NOT NULL COMMENT 'the operators'' own',\n"
               "  kind INT NOT NULL COMMENT 'enum trade_adjustment_kind',\n"
               "  original_id BIGINT NOT NULL COMMENT 'journal, 0: none',\n"
               "  journal_id BIGINT NOT NULL COMMENT 'that was booked',\n"
               "  reason_code VARCHAR(32) NOT NULL COMMENT 'why',\n"
               "  content VARCHAR(64) NOT NULL COMMENT 'SHA-256 of what was asked for',\n"
               "  review_id BIGINT NOT NULL COMMENT 'that approved it',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (adjustment_no)\n"
               ")",
    },
    {
        .name = "trade.007_adjustment_original",
        .sql = "CREATE INDEX trade_adjustment_original ON trade_adjustment (original_id, id)",
    },
    {
        .name = "trade.008_cash_out_open",
        .sql = "CREATE INDEX trade_cash_out_open ON trade_cash_out (account_id, status)",
    },
    {
        .name = "trade.009_refund_open",
        .sql = "CREATE INDEX trade_refund_open ON trade_refund (merchant_id, currency, mode, "
               "status)",
    },
    {
        .name = "trade.010_refund_immature",
        .sql = "CREATE INDEX trade_refund_immature ON trade_refund (immature_id)",
    },
    {
        .name = "trade.011_adjustment_journal",
        .sql = "CREATE INDEX trade_adjustment_journal ON trade_adjustment (journal_id)",
    },
    {
        .name = "trade.012_cash_out_created_by",
        .sql = "ALTER TABLE trade_cash_out ADD COLUMN created_by BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of the operator; 0: the merchant'",
    },
    {
        .name = "trade.013_cash_out_cancelled_by",
        .sql = "ALTER TABLE trade_cash_out ADD COLUMN cancelled_by BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of the operator; 0: the merchant, or it was not'",
    },
    {
        .name = "trade.014_refund_created_by",
        .sql = "ALTER TABLE trade_refund ADD COLUMN created_by BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of the operator'",
    },
    {
        .name = "trade.015_refund_failed_by",
        .sql = "ALTER TABLE trade_refund ADD COLUMN failed_by BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of the operator; 0: it has not failed'",
    },
};
