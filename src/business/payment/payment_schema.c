#include "business/payment/payment_int.h"

const struct migration payment__migrations[5] = {
    {
        .name = "payment.001_payment",
        .sql = "CREATE TABLE payment (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner',\n"
               "  app_id BIGINT NOT NULL COMMENT 'the app that asked',\n"
               "  merchant_order_no VARCHAR(64) NOT NULL COMMENT 'unique per merchant, for ever',\n"
               "  amount BIGINT NOT NULL COMMENT 'minor units of currency',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  method VARCHAR(32) NOT NULL COMMENT 'wechat_native',\n"
               "  subject VARCHAR(127) NOT NULL COMMENT 'shown to the payer',\n"
               "  body VARCHAR(256) NOT NULL COMMENT 'longer description',\n"
               "  attach VARCHAR(256) NOT NULL COMMENT 'given back to the merchant',\n"
               "  metadata VARCHAR(4096) NOT NULL COMMENT 'JSON object of the merchant',\n"
               "  notify_url VARCHAR(512) NOT NULL COMMENT 'webhook of this payment alone',\n"
               "  return_url VARCHAR(512) NOT NULL COMMENT 'where the cashier leads back to',\n"
               "  payer_ip VARCHAR(45) NOT NULL COMMENT 'as the merchant saw it',\n"
               "  expires_in_s BIGINT NOT NULL COMMENT 'as asked',\n"
               "  cashier_secret VARCHAR(20) NOT NULL COMMENT 'second half of the token',\n"
               "  channel_account_id BIGINT NOT NULL COMMENT 'where it is paid',\n"
               "  fund_mode INT NOT NULL COMMENT 'enum ledger_fund_mode',\n"
               "  contract_id BIGINT NOT NULL COMMENT 'of the fee',\n"
               "  fee_rate_millionths BIGINT NOT NULL COMMENT 'snapshot of the contract',\n"
               "  fee BIGINT NOT NULL COMMENT 'what the merchant will owe us',\n"
               "  attempt_id BIGINT NOT NULL COMMENT 'the latest',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  expires_at_ms BIGINT NOT NULL COMMENT 'not payable after it',\n"
               "  status INT NOT NULL COMMENT 'enum payment_status',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  amount_received BIGINT NOT NULL COMMENT 'as the channel says',\n"
               "  qr VARCHAR(512) NOT NULL COMMENT 'text of the QR code',\n"
               "  transaction_no VARCHAR(64) NOT NULL COMMENT 'of the channel',\n"
               "  payer_id VARCHAR(128) NOT NULL COMMENT 'as the channel names the payer',\n"
               "  bank_type VARCHAR(32) NOT NULL COMMENT 'as the channel says',\n"
               "  succeeded_at_ms BIGINT NOT NULL COMMENT 'as the channel says',\n"
               "  late_success_at_ms BIGINT NOT NULL COMMENT 'paid after it was closed',\n"
               "  closed_reason INT NOT NULL COMMENT 'enum payment_closed_reason',\n"
               "  error_code VARCHAR(48) NOT NULL COMMENT 'decline code or the conflict',\n"
               "  error_message VARCHAR(256) NOT NULL COMMENT 'for people',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (merchant_id, merchant_order_no)\n"
               ")",
    },
    {
        .name = "payment.002_merchant",
        .sql = "CREATE INDEX payment_merchant ON payment (merchant_id, id)",
    },
    {
        .name = "payment.003_attempt",
        .sql = "CREATE TABLE payment_attempt (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  payment_id BIGINT NOT NULL COMMENT 'whose attempt',\n"
               "  number BIGINT NOT NULL COMMENT '1, 2, … of its payment',\n"
               "  channel_account_id BIGINT NOT NULL COMMENT 'where',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  status INT NOT NULL COMMENT 'enum payment_attempt_status',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  asked BIGINT NOT NULL COMMENT 'questions since the last news',\n"
               "  channel_code VARCHAR(64) NOT NULL COMMENT 'the channel''s own words',\n"
               "  channel_message VARCHAR(256) NOT NULL COMMENT 'for people',\n"
               "  evidence VARCHAR(64) NOT NULL COMMENT 'hex SHA-256 of the signed text',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (payment_id, number)\n"
               ")",
    },
    {
        .name = "payment.004_open",
        .sql = "CREATE INDEX payment_open ON payment (merchant_id, currency, fund_mode, status)",
    },
    {
        .name = "payment.005_rate",
        .sql = "ALTER TABLE payment ADD COLUMN rate_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'that charged the fee, 0: the first one of the contract did'",
    },
};
