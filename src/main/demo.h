/* tomato demo: a merchant's server, as small as one can be, to watch a payment with.
 *
 * It signs requests with the merchant's key, receives webhooks and verifies them, and serves a page
 * that shows each step as it happens, with the real messages:
 *
 *     page ──one click──► demo ──signed POST /v1/payments──► tomato ──► channel
 *       ▲                  ▲ └───GET payment, attempts, journal──► tomato
 *       └──── events ──────┘ ◄──── POST /webhooks, signed ──────── tomato
 *
 * Everything it knows of the platform is what any merchant knows, but for the operator's key, with
 * which it reads the journal. Verified webhooks are appended to a file, one JSON object a line. */
#ifndef MAIN_DEMO_H
#define MAIN_DEMO_H

/* argv[0] is "demo". The exit status. */
int demo_main(int argc, char **argv);

#endif
