/* Which addresses are public: neither of the special-purpose registries of IANA (RFC 6890 and its
 * successors) nor multicast nor, for IPv6, outside the global unicast block. Addresses that carry
 * an IPv4 address are judged by that. */
#include "platform/http/client_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct block4 {
    uint32_t prefix;
    unsigned bits;
};

static const struct block4 special4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local, and the metadata services of clouds */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC01FC400, 24}, /* AS112 */
    {0xC034C100, 24}, /* AMT */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC0AF3000, 24}, /* AS112 */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, and broadcast */
};

struct block6 {
    unsigned char prefix[6];
    unsigned bits;
};

/* Inside 2000::/3. */
static const struct block6 special6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},             /* protocol assignments: Teredo, ORCHID … */
    {{0x20, 0x01, 0x0D, 0xB8}, 32},             /* documentation */
    {{0x26, 0x20, 0x00, 0x4F, 0x80, 0x00}, 48}, /* AS112 */
    {{0x3F, 0xFE}, 16},                         /* the former 6bone */
    {{0x3F, 0xFF, 0x00}, 20},                   /* documentation */
};

static bool has_prefix(const unsigned char *bytes, const unsigned char *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;

    return memcmp(bytes, prefix, whole) == 0 &&
           (rest == 0 || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

static bool is_public4(uint32_t address)
{
    for (size_t i = 0; i < ARRAY_LEN(special4); i++) {
        if ((address ^ special4[i].prefix) >> (32 - special4[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_loopback4(uint32_t address)
{
    return address >> 24 == 127;
}

static uint32_t embedded4(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_public6(const unsigned char *bytes)
{
    static const unsigned char nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    static const unsigned char six_to_four[2] = {0x20, 0x02};

    if (has_prefix(bytes, nat64, 96)) {
        return is_public4(embedded4(bytes + 12));
    }
    if (has_prefix(bytes, six_to_four, 16)) {
        return is_public4(embedded4(bytes + 2));
    }
    if (bytes[0] >> 5 != 1) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(special6); i++) {
        if (has_prefix(bytes, special6[i].prefix, special6[i].bits)) {
            return false;
        }
    }
    return true;
}

static bool allows(bool is_public, bool is_loopback, enum http_addresses policy)
{
    switch (policy) {
    case HTTP_ADDRESS_ANY:
        return true;
    case HTTP_ADDRESS_PUBLIC:
        return is_public;
    case HTTP_ADDRESS_PUBLIC_LOOPBACK:
        return is_public || is_loopback;
    }
    return false;
}

static bool allows4(uint32_t address, enum http_addresses policy)
{
    return allows(is_public4(address), is_loopback4(address), policy);
}

static bool allows6(const struct in6_addr *address, enum http_addresses policy)
{
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        return allows4(embedded4(address->s6_addr + 12), policy);
    }
    return allows(is_public6(address->s6_addr), IN6_IS_ADDR_LOOPBACK(address), policy);
}

bool address__is_allowed(const struct sockaddr *address, enum http_addresses policy)
{
    if (address->sa_family == AF_INET) {
        return allows4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr),
                       policy);
    }
    if (address->sa_family == AF_INET6) {
        return allows6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, policy);
    }
    return false;
}

bool address__text_is_allowed(const char *text, enum http_addresses policy)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, text, &v4) == 1) {
        return allows4(ntohl(v4.s_addr), policy);
    }
    return inet_pton(AF_INET6, text, &v6) == 1 && allows6(&v6, policy);
}

bool http_address_is_public(struct str address)
{
    char text[INET6_ADDRSTRLEN] = {0};

    if (address.len == 0 || address.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, address.ptr, address.len);
    return address__text_is_allowed(text, HTTP_ADDRESS_PUBLIC);
}
