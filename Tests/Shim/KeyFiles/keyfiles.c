#include "keyfiles.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INTEGERS 8

/* A file grows from its end to its front, so that every length is known when it is written. */
typedef struct builder {
    const uint8_t *choices, *end;
    const uint8_t *integers[INTEGERS];
    size_t sizes[INTEGERS];
    uint8_t bytes[KEYFILES_CAPACITY];
    size_t at;      /* where what is written begins */
    uint32_t noise; /* the state of the generator of bytes that do not matter */
} builder;

static uint8_t choose(builder *b) { return b->choices < b->end ? *b->choices++ : 0; }

/* 1 in `odds` of 256 cases. */
static int happens(builder *b, unsigned odds) { return choose(b) > 255 - odds; }

static uint8_t noise(builder *b) {
    b->noise = b->noise * 1664525 + 1013904223;
    return (uint8_t)(b->noise >> 24);
}

static void put(builder *b, const void *bytes, size_t size) {
    if (size > b->at) size = b->at;
    b->at -= size;
    if (size > 0) memcpy(b->bytes + b->at, bytes, size);
}

static void put_byte(builder *b, uint8_t byte) { put(b, &byte, 1); }

static void put_noise(builder *b, size_t size) {
    for (; size > 0 && b->at > 0; size--) put_byte(b, noise(b));
}

/* Puts a tag and a length before what was written since `mark`; now and then a wrong one, or one in BER. */
static void wrap(builder *b, uint8_t tag, size_t mark) {
    size_t length = mark - b->at;
    size_t minimum = 0;
    switch (choose(b)) {
    case 255: length++; break;
    case 254: length = length > 0 ? length - 1 : 0; break;
    case 253: length = length * 3 + 70000; break;
    case 252: minimum = 4; break;
    case 251: minimum = 9; break;
    case 250: put_byte(b, 0x80); put_byte(b, tag); return; /* indefinite, without an end */
    case 249: length = (size_t)-1; break;
    default: break;
    }
    if (length < 0x80 && minimum == 0) {
        put_byte(b, (uint8_t)length);
    } else {
        size_t count = 0;
        for (; count < minimum || length > 0; count++, length >>= 8) put_byte(b, (uint8_t)length);
        put_byte(b, (uint8_t)(0x80 | count));
    }
    put_byte(b, happens(b, 1) ? noise(b) : tag);
}

static void put_identifier(builder *b, const uint8_t *bytes, size_t size) {
    const size_t mark = b->at;
    if (happens(b, 2)) put_noise(b, choose(b) * (size_t)40); else put(b, bytes, size);
    wrap(b, 0x06, mark);
}

#define PUT_IDENTIFIER(b, ...) put_identifier(b, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void put_null(builder *b) { put(b, "\x05\x00", 2); }

/* A positive number of `size` bytes without a structure. */
static void put_number(builder *b, size_t size, int is_odd) {
    const size_t mark = b->at;
    put_noise(b, size);
    if (b->at < mark) {
        if (is_odd) b->bytes[mark - 1] |= 1;
        b->bytes[b->at] |= 0x80;
        put_byte(b, 0);
    }
    wrap(b, 0x02, mark);
}

static size_t choose_size(builder *b) {
    static const size_t sizes[] = {0, 1, 2, 8, 9, 16, 32, 82, 128, 255, 256, 257, 512, 1023, 1024, 1025, 2048, 4096, 8192, 16384, 30000};
    return sizes[choose(b) % COUNT(sizes)];
}

static void put_small(builder *b, int64_t value) {
    const size_t mark = b->at;
    do {
        put_byte(b, (uint8_t)value);
        value = value < 0 ? ~(~value >> 8) : value >> 8;
    } while (value != 0 && value != -1);
    if (value == 0 && b->bytes[b->at] >= 0x80) put_byte(b, 0);
    wrap(b, 0x02, mark);
}

static void put_integer(builder *b, size_t index) {
    const size_t mark = b->at;
    switch (choose(b)) {
    case 255: put_small(b, 0); return;
    case 254: put_small(b, 1); return;
    case 253: put_small(b, -1 - (int64_t)choose(b)); return;
    case 252: case 251: case 250: put_number(b, choose_size(b), 1); return;
    case 249: put_number(b, choose_size(b), 0); return;
    case 248: put(b, b->integers[index], b->sizes[index]); put(b, "\x00\x00\x00", 3); break;
    case 247: put(b, b->integers[index], b->sizes[index]); put_byte(b, 0x80); break;
    case 246: put_number(b, b->sizes[index], 1); return;
    case 245: {
        put(b, b->integers[index], b->sizes[index]);
        if (b->at < mark) b->bytes[b->at + choose(b) % (mark - b->at)] ^= (uint8_t)(1 << choose(b) % 8);
        break;
    }
    case 244: put(b, b->integers[(index + 1) % INTEGERS], b->sizes[(index + 1) % INTEGERS]); break;
    case 243: return;
    default: put(b, b->integers[index], b->sizes[index]); break;
    }
    wrap(b, 0x02, mark);
}

static void put_integers(builder *b, size_t count) {
    for (size_t i = count; i > 0; i--) put_integer(b, i - 1);
}

static void put_tail(builder *b) {
    if (happens(b, 4)) put_noise(b, choose(b) * (size_t)choose(b));
}

static void put_private_key(builder *b) {
    const size_t mark = b->at;
    const size_t others = happens(b, 10) ? 1 + choose(b) % 8u : 0;
    if (others > 0) {
        const size_t list = b->at;
        for (size_t i = 0; i < others; i++) {
            const size_t other = b->at;
            for (int k = 0; k < 3; k++) put_number(b, choose_size(b), 1);
            wrap(b, 0x30, other);
        }
        wrap(b, 0x30, list);
    }
    put_tail(b);
    put_integers(b, INTEGERS);
    const uint8_t version = choose(b);
    put_small(b, version > 250 ? version - 250 : others > 0 && version % 4 != 3 ? 1 : 0);
    wrap(b, 0x30, mark);
}

static void put_public_key(builder *b) {
    const size_t mark = b->at;
    put_tail(b);
    put_integers(b, 2);
    wrap(b, 0x30, mark);
}

/* An elliptic curve with parameters of its own. */
static void put_curve(builder *b) {
    const size_t mark = b->at;
    put_number(b, choose_size(b), 1);
    size_t part = b->at;
    put_noise(b, choose_size(b));
    put_byte(b, 4);
    wrap(b, 0x04, part);
    part = b->at;
    for (int i = 0; i < 2; i++) {
        const size_t coefficient = b->at;
        put_noise(b, choose_size(b));
        wrap(b, 0x04, coefficient);
    }
    wrap(b, 0x30, part);
    part = b->at;
    put_number(b, choose_size(b), 1);
    PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01);
    wrap(b, 0x30, part);
    put_small(b, 1);
    wrap(b, 0x30, mark);
}

/* An AlgorithmIdentifier. 1 when it is rsaEncryption. */
static int put_algorithm(builder *b) {
    const size_t mark = b->at;
    int is_rsa = 0;
    switch (choose(b)) {
    case 255: case 254: case 253: case 252: /* DSA */
        for (int i = 0; i < 3; i++) put_number(b, choose_size(b), 1);
        wrap(b, 0x30, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01);
        break;
    case 251: case 250: /* DH of X9.42 */
        for (int i = 0; i < 3; i++) put_number(b, choose_size(b), 1);
        wrap(b, 0x30, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01);
        break;
    case 249: case 248: /* DH of PKCS #3 */
        for (int i = 0; i < 2; i++) put_number(b, choose_size(b), 1);
        wrap(b, 0x30, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01);
        break;
    case 247: case 246: case 245:
        put_curve(b);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
        break;
    case 244:
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
        break;
    case 243: /* RSASSA-PSS */
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a);
        break;
    case 242: /* Ed25519 */
        PUT_IDENTIFIER(b, 0x2b, 0x65, 0x70);
        break;
    default:
        is_rsa = 1;
        if (!happens(b, 4)) put_null(b);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
        break;
    }
    wrap(b, 0x30, mark);
    return is_rsa;
}

static void put_pkcs8(builder *b) {
    const size_t mark = b->at;
    /* The algorithm goes before the key, and is chosen after it. */
    const size_t key = b->at;
    switch (choose(b)) {
    case 255: case 254: put_number(b, choose_size(b), 1); break;
    case 253: put_noise(b, choose_size(b)); break;
    default: put_private_key(b); break;
    }
    wrap(b, 0x04, key);
    (void)put_algorithm(b);
    put_small(b, happens(b, 4) ? choose(b) : 0);
    wrap(b, 0x30, mark);
}

static void put_key_info(builder *b) {
    const size_t mark = b->at, key = b->at;
    switch (choose(b)) {
    case 255: put_number(b, choose_size(b), 1); break;
    case 254: put_noise(b, choose_size(b)); put_byte(b, 4); break;
    default: put_public_key(b); break;
    }
    put_byte(b, happens(b, 2) ? choose(b) : 0);
    wrap(b, 0x03, key);
    (void)put_algorithm(b);
    wrap(b, 0x30, mark);
}

static void put_salt(builder *b) {
    const size_t mark = b->at;
    put_noise(b, happens(b, 8) ? choose_size(b) : 8);
    wrap(b, 0x04, mark);
}

/* None of those that are accepted is much work. */
static int64_t choose_rounds(builder *b) {
    static const int64_t rounds[] = {1, 0, -1, 10, 1000, 10000001, (int64_t)1 << 31, ((int64_t)1 << 32) + 1, (int64_t)1 << 62};
    return rounds[choose(b) % COUNT(rounds)];
}

static void put_encryption(builder *b) {
    const size_t mark = b->at;
    const uint8_t kind = choose(b) % 4;
    if (kind < 2) {
        size_t part = b->at;
        put_noise(b, 16);
        wrap(b, 0x04, part);
        PUT_IDENTIFIER(b, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a);
        wrap(b, 0x30, part);
        part = b->at;
        if (kind == 0) {
            put_null(b);
            PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09);
            wrap(b, 0x30, part);
            put_small(b, choose_rounds(b));
            put_salt(b);
            wrap(b, 0x30, part);
            PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c);
        } else {
            for (int i = 0; i < 2; i++) put_small(b, happens(b, 32) ? choose_rounds(b) : 1);
            put_small(b, happens(b, 64) ? choose_rounds(b) : 16);
            put_salt(b);
            wrap(b, 0x30, part);
            PUT_IDENTIFIER(b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b);
        }
        wrap(b, 0x30, part);
        wrap(b, 0x30, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d);
    } else {
        put_small(b, choose_rounds(b));
        put_salt(b);
        wrap(b, 0x30, mark);
        if (kind == 2) PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03);
        else PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x03);
    }
    wrap(b, 0x30, mark);
}

static void put_encrypted_pkcs8(builder *b) {
    const size_t mark = b->at;
    put_noise(b, happens(b, 16) ? choose_size(b) : 64);
    wrap(b, 0x04, mark);
    put_encryption(b);
    wrap(b, 0x30, mark);
}

static void put_certificate(builder *b) {
    const size_t mark = b->at;
    size_t part = b->at;
    put_noise(b, 256);
    put_byte(b, 0);
    wrap(b, 0x03, part);
    part = b->at;
    put_null(b);
    PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b);
    wrap(b, 0x30, part);
    part = b->at;
    put_key_info(b);
    for (int i = 0; i < 3; i++) {
        const size_t field = b->at;
        if (i == 1) {
            put(b, "\x17\x0d" "300101000000Z", 15);
            put(b, "\x17\x0d" "200101000000Z", 15);
        } else {
            for (int names = happens(b, 4) ? choose(b) * 8 : 1; names > 0; names--) {
                const size_t name = b->at;
                put(b, "\x0c\x03key", 5);
                PUT_IDENTIFIER(b, 0x55, 0x04, 0x03);
                wrap(b, 0x30, name);
                wrap(b, 0x31, name);
            }
        }
        wrap(b, 0x30, field);
    }
    const size_t algorithm = b->at;
    put_null(b);
    PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b);
    wrap(b, 0x30, algorithm);
    put_number(b, happens(b, 8) ? choose_size(b) : 16, 0);
    if (!happens(b, 4)) put(b, "\xa0\x03\x02\x01\x02", 5);
    wrap(b, 0x30, part);
    wrap(b, 0x30, mark);
}

static void put_bag(builder *b) {
    const size_t mark = b->at;
    switch (choose(b) % 8) {
    case 7: { /* a certificate */
        const size_t octets = b->at;
        put_certificate(b);
        wrap(b, 0x04, octets);
        wrap(b, 0xa0, octets);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01);
        wrap(b, 0x30, octets);
        wrap(b, 0xa0, octets);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03);
        break;
    }
    case 6: case 5:
        put_encrypted_pkcs8(b);
        wrap(b, 0xa0, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02);
        break;
    default:
        put_pkcs8(b);
        wrap(b, 0xa0, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01);
        break;
    }
    wrap(b, 0x30, mark);
}

/* A ContentInfo of PKCS #7: data or encryptedData with bags, or signedData with certificates. */
static void put_safe(builder *b) {
    const size_t mark = b->at;
    const uint8_t kind = choose(b);
    if (kind >= 240) {
        put(b, "\x31\x00", 2);
        const size_t certificates = b->at;
        for (int count = choose(b) % 64; count > 0; count--) put_certificate(b);
        wrap(b, 0xa0, certificates);
        put(b, "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 13);
        put(b, "\x02\x01\x01\x31\x00", 5);
        wrap(b, 0x30, mark);
        wrap(b, 0xa0, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);
    } else if (kind >= 200) {
        put_noise(b, 64);
        wrap(b, 0x80, mark);
        put_encryption(b);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
        wrap(b, 0x30, mark);
        put_small(b, 0);
        wrap(b, 0x30, mark);
        wrap(b, 0xa0, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06);
    } else {
        for (int count = happens(b, 16) ? choose(b) : 1; count > 0; count--) put_bag(b);
        wrap(b, 0x30, mark);
        wrap(b, 0x04, mark);
        wrap(b, 0xa0, mark);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
    }
    wrap(b, 0x30, mark);
}

static void put_pkcs12(builder *b) {
    const size_t mark = b->at;
    if (happens(b, 32)) {
        static const int64_t rounds[] = {1, 2048, 50000, 50001, 10000001, (int64_t)1 << 40};
        put_small(b, rounds[choose(b) % COUNT(rounds)]);
        put_salt(b);
        const size_t digest = b->at;
        put_noise(b, 32);
        wrap(b, 0x04, digest);
        put(b, "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00", 15);
        wrap(b, 0x30, digest);
        wrap(b, 0x30, mark);
    }
    const size_t safes = b->at;
    if (happens(b, 8)) {
        put_safe(b);
    } else {
        for (int count = happens(b, 16) ? choose(b) * 4 : 1; count > 0; count--) put_safe(b);
        wrap(b, 0x30, safes);
        wrap(b, 0x04, safes);
        wrap(b, 0xa0, safes);
        PUT_IDENTIFIER(b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
        wrap(b, 0x30, safes);
    }
    put_small(b, 3);
    wrap(b, 0x30, mark);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A quarter of what is base64: `size` is 1 to 3. */
static void encode(const uint8_t *bytes, size_t size, char out[4]) {
    const uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)(size > 1 ? bytes[1] : 0) << 8 | (size > 2 ? bytes[2] : 0);
    for (int i = 0; i < 4; i++) out[i] = base64[bits >> (18 - 6 * i) & 63];
    if (size < 3) out[3] = '=';
    if (size < 2) out[2] = '=';
}

static void put_base64url(builder *b, const uint8_t *bytes, size_t size) {
    for (size_t i = (size + 2) / 3; i > 0; i--) {
        const size_t part = i * 3 > size ? size - (i - 1) * 3 : 3;
        char text[4];
        encode(bytes + (i - 1) * 3, part, text);
        for (int k = 0; k < 4; k++) text[k] = text[k] == '+' ? '-' : text[k] == '/' ? '_' : text[k];
        put(b, text, part + 1);
    }
}

static void put_jwk(builder *b) {
    static const char *const names[] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
    put(b, "\"kty\":\"RSA\"}", 12);
    if (happens(b, 8)) put(b, "\"oth\":[],", 9);
    const size_t count = happens(b, 96) ? 2 : happens(b, 64) ? 3 : INTEGERS;
    for (size_t i = count; i > 0; i--) {
        uint8_t number[4096];
        size_t size = b->sizes[i - 1];
        memcpy(number, b->integers[i - 1], size < sizeof number ? size : 0);
        switch (choose(b)) {
        case 255: size = 0; break;
        case 254: size = 1; number[0] = choose(b); break;
        case 253: case 252: case 251: case 250:
            size = choose_size(b) % sizeof number;
            for (size_t k = 0; k < size; k++) number[k] = noise(b);
            break;
        case 249: if (size > 0) number[choose(b) % size] ^= (uint8_t)(1 << choose(b) % 8); break;
        case 248: continue;
        default: break;
        }
        put(b, "\",", 2);
        put_base64url(b, number, size);
        put(b, "\":\"", 3);
        put(b, names[i - 1], strlen(names[i - 1]));
        put_byte(b, '"');
    }
    put_byte(b, '{');
}

/* What is written so far as PEM, in its place. */
static void armour(builder *b, const char *label) {
    static uint8_t der[KEYFILES_CAPACITY];
    static const char *const labels[] = {
        "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE",
        "TRUSTED CERTIFICATE", "DSA PRIVATE KEY", "EC PARAMETERS", "PKCS12",
    };
    if (happens(b, 16)) label = labels[choose(b) % COUNT(labels)];
    const size_t size = KEYFILES_CAPACITY - b->at;
    /* Base64 is longer than what it encodes, and an unterminated line besides. */
    if (size > KEYFILES_CAPACITY / 2) return;
    memcpy(der, b->bytes + b->at, size);
    b->at = KEYFILES_CAPACITY;
    const int blocks = happens(b, 4) ? choose(b) * 4 : 0;
    put(b, "-----\n", 6);
    put(b, label, strlen(label));
    put(b, "-----END ", 9);
    put_byte(b, '\n');
    for (size_t i = (size + 2) / 3; i > 0; i--) {
        char text[4];
        encode(der + (i - 1) * 3, i * 3 > size ? size - (i - 1) * 3 : 3, text);
        put(b, text, 4);
        if ((i - 1) % 16 == 0 && i > 1) put_byte(b, '\n');
    }
    put(b, "-----\n", 6);
    put(b, label, strlen(label));
    put(b, "-----BEGIN ", 11);
    for (int i = 0; i < blocks; i++) put(b, "-----BEGIN X-----\nAAAA\n-----END X-----\n", 39);
}

/* The integers of a sound RSAPrivateKey, whose own form needs no check. */
static void read_integers(builder *b, const uint8_t *pkcs1, size_t size) {
    size_t at = 4 + 3;
    for (size_t i = 0; i < INTEGERS; i++) {
        b->integers[i] = pkcs1;
        b->sizes[i] = 0;
        if (at + 4 > size) continue;
        size_t length = pkcs1[at + 1];
        at += 2;
        if (length >= 0x80) {
            size_t count = length & 0x7f;
            for (length = 0; count > 0 && at < size; count--) length = length << 8 | pkcs1[at++];
        }
        if (length > size - at) return;
        b->integers[i] = pkcs1 + at;
        b->sizes[i] = length;
        at += length;
    }
}

size_t keyfiles_build(const uint8_t *choices, size_t count, const uint8_t *pkcs1, size_t pkcs1_size, uint8_t *out,
                      keyfiles_form *form) {
    static const char *const labels[KEYFILES_FORMS] = {
        "RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PKCS12", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", NULL,
    };
    static builder b;
    b.choices = choices;
    b.end = choices + count;
    b.at = KEYFILES_CAPACITY;
    b.noise = 1;
    read_integers(&b, pkcs1, pkcs1_size);
    *form = (keyfiles_form)(choose(&b) % KEYFILES_FORMS);
    b.noise = b.noise + choose(&b);
    const int is_pem = *form != KEYFILES_JWK && *form != KEYFILES_PKCS12 && happens(&b, 64);
    put_tail(&b);
    switch (*form) {
    case KEYFILES_PKCS1: put_private_key(&b); break;
    case KEYFILES_PKCS8: put_pkcs8(&b); break;
    case KEYFILES_ENCRYPTED_PKCS8: put_encrypted_pkcs8(&b); break;
    case KEYFILES_PKCS12: put_pkcs12(&b); break;
    case KEYFILES_SPKI: put_key_info(&b); break;
    case KEYFILES_PKCS1_PUBLIC: put_public_key(&b); break;
    case KEYFILES_CERTIFICATE: put_certificate(&b); break;
    default: put_jwk(&b); break;
    }
    if (happens(&b, 2)) {
        const size_t mark = KEYFILES_CAPACITY;
        for (int depth = choose(&b) * 8; depth > 0; depth--) wrap(&b, 0x30, mark);
    }
    if (is_pem && labels[*form] != NULL) armour(&b, labels[*form]);
    const size_t size = KEYFILES_CAPACITY - b.at;
    memcpy(out, b.bytes + b.at, size);
    return size;
}
