#define _DEFAULT_SOURCE 1
#include "CKMFloor.h"

#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define IV_SIZE 12
#define TAG_SIZE 16
#define MAC_SIZE 32
#define TOKEN_SIZE 67

struct part {
    uint8_t *before, *header, *plaintext;
    size_t before_size, header_size, size;
};

struct km_floor {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *encrypt, *decrypt;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *seal, *open;
    EVP_MAC *hmac;
    EVP_MAC_CTX *mac;
    struct part parts[KM_FLOOR_MAXIMUM_PARTS];
    size_t part_count, key_size, rsa_size, after_size, document_size, wrapped_text_size;
    char *document, *text, *wrapped_text;
    uint8_t *after, *work, *wrapped, *unwrapped;
    /* The content key of the last document, and the number in the last IV of a cached one. */
    uint8_t key[32];
    uint64_t number;
    char token[TOKEN_SIZE + 1];
};

static EVP_PKEY_CTX *prepare(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const EVP_MD *md) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    if (context != NULL && init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static char *put(char *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return at + size;
}

static uint8_t *copy(const uint8_t *bytes, size_t size) {
    uint8_t *copied = OPENSSL_malloc(size + 1);
    if (copied != NULL && size > 0) memcpy(copied, bytes, size);
    return copied;
}

/* Copies the parts, and allocates the buffers: `largest` is the size of the largest plaintext. */
static int prepare_document(km_floor *f, const km_floor_part *parts, const uint8_t *after) {
    size_t size = f->after_size, largest = 0;
    for (size_t i = 0; i < f->part_count; i++) {
        const km_floor_part *part = &parts[i];
        f->parts[i] = (struct part){.before = copy(part->before, part->before_size),
                                    .header = copy(part->header, part->header_size),
                                    .plaintext = copy(part->plaintext, part->plaintext_size),
                                    .before_size = part->before_size,
                                    .header_size = part->header_size,
                                    .size = part->plaintext_size};
        if (f->parts[i].before == NULL || f->parts[i].header == NULL || f->parts[i].plaintext == NULL) return 0;
        size += part->before_size + part->header_size + 2 * f->rsa_size + 2 * part->plaintext_size + 256;
        if (part->plaintext_size > largest) largest = part->plaintext_size;
    }
    f->after = copy(after, f->after_size);
    f->document = OPENSSL_malloc(size);
    f->text = OPENSSL_malloc(2 * f->rsa_size + 2 * largest + 256);
    f->wrapped_text = OPENSSL_malloc(2 * f->rsa_size + 16);
    f->work = OPENSSL_malloc(2 * largest + 256);
    f->wrapped = OPENSSL_malloc(f->rsa_size + 16);
    f->unwrapped = OPENSSL_malloc(f->rsa_size);
    return f->after != NULL && f->document != NULL && f->text != NULL && f->wrapped_text != NULL && f->work != NULL
        && f->wrapped != NULL && f->unwrapped != NULL;
}

km_floor *km_floor_create(const uint8_t *pkcs8, size_t pkcs8_size, const uint8_t *mac_key, size_t mac_key_size,
                          size_t content_key_size, const km_floor_part *parts, size_t part_count, const uint8_t *after,
                          size_t after_size) {
    if (part_count < 1 || part_count > KM_FLOOR_MAXIMUM_PARTS) return NULL;
    km_floor *f = OPENSSL_zalloc(sizeof *f);
    if (f == NULL) return NULL;
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    f->pkey = d2i_AutoPrivateKey(NULL, &pkcs8, (long)pkcs8_size);
    f->key_size = content_key_size;
    f->part_count = part_count;
    f->after_size = after_size;
    f->cipher = EVP_CIPHER_fetch(NULL, content_key_size == 16 ? "AES-128-GCM" : "AES-256-GCM", NULL);
    f->seal = EVP_CIPHER_CTX_new();
    f->open = EVP_CIPHER_CTX_new();
    f->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    int done = md != NULL && f->pkey != NULL && f->cipher != NULL && f->seal != NULL && f->open != NULL && f->hmac != NULL;
    if (done) {
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
        f->rsa_size = (size_t)EVP_PKEY_get_size(f->pkey);
        f->encrypt = prepare(f->pkey, EVP_PKEY_encrypt_init, md);
        f->decrypt = prepare(f->pkey, EVP_PKEY_decrypt_init, md);
        f->mac = EVP_MAC_CTX_new(f->hmac);
        done = f->encrypt != NULL && f->decrypt != NULL && f->mac != NULL && prepare_document(f, parts, after)
            && EVP_EncryptInit_ex2(f->seal, f->cipher, NULL, NULL, NULL) == 1
            && EVP_DecryptInit_ex2(f->open, f->cipher, NULL, NULL, NULL) == 1
            && EVP_MAC_init(f->mac, mac_key, mac_key_size, parameters) == 1;
    }
    EVP_MD_free(md);
    if (done) return f;
    km_floor_free(f);
    return NULL;
}

void km_floor_free(km_floor *f) {
    if (f == NULL) return;
    EVP_PKEY_CTX_free(f->encrypt);
    EVP_PKEY_CTX_free(f->decrypt);
    EVP_PKEY_free(f->pkey);
    EVP_CIPHER_CTX_free(f->seal);
    EVP_CIPHER_CTX_free(f->open);
    EVP_CIPHER_free(f->cipher);
    EVP_MAC_CTX_free(f->mac);
    EVP_MAC_free(f->hmac);
    for (size_t i = 0; i < f->part_count; i++) {
        OPENSSL_free(f->parts[i].before);
        OPENSSL_free(f->parts[i].header);
        OPENSSL_free(f->parts[i].plaintext);
    }
    OPENSSL_free(f->after);
    OPENSSL_free(f->document);
    OPENSSL_free(f->text);
    OPENSSL_free(f->wrapped_text);
    OPENSSL_free(f->work);
    OPENSSL_free(f->wrapped);
    OPENSSL_free(f->unwrapped);
    OPENSSL_clear_free(f, sizeof *f);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static char *put_base64url(char *at, const uint8_t *bytes, size_t size) {
    const int length = EVP_EncodeBlock((unsigned char *)at, bytes, (int)size);
    char *end = at + length;
    while (end > at && end[-1] == '=') end--;
    for (char *c = at; c < end; c++) *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return end;
}

/* Encrypts the parts. `key` is NULL if the context has the key already. */
static int seal_parts(km_floor *f, const uint8_t *key, const uint8_t *ivs) {
    char *at = f->document;
    for (size_t i = 0; i < f->part_count; i++) {
        const struct part *part = &f->parts[i];
        const uint8_t *iv = ivs + i * IV_SIZE;
        uint8_t tag[TAG_SIZE];
        int length = 0, rest = 0;
        if (EVP_EncryptInit_ex2(f->seal, NULL, i == 0 ? key : NULL, iv, NULL) != 1
            || EVP_EncryptUpdate(f->seal, NULL, &length, part->header, (int)part->header_size) != 1
            || EVP_EncryptUpdate(f->seal, f->work, &length, part->plaintext, (int)part->size) != 1
            || EVP_EncryptFinal_ex(f->seal, f->work + length, &rest) != 1
            || EVP_CIPHER_CTX_ctrl(f->seal, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) != 1) return 0;
        at = put(put(at, part->before, part->before_size), part->header, part->header_size);
        at = put(put(at, ".", 1), f->wrapped_text, f->wrapped_text_size);
        at = put_base64url(put(at, ".", 1), iv, IV_SIZE);
        at = put_base64url(put(at, ".", 1), f->work, part->size);
        at = put_base64url(put(at, ".", 1), tag, TAG_SIZE);
    }
    f->document_size = (size_t)(put(at, f->after, f->after_size) - f->document);
    return 1;
}

static int encrypt_once(km_floor *f) {
    uint8_t random[sizeof f->key + KM_FLOOR_MAXIMUM_PARTS * IV_SIZE];
    size_t wrapped_size = f->rsa_size;
    if (RAND_bytes(random, (int)(f->key_size + f->part_count * IV_SIZE)) != 1) return 0;
    if (EVP_PKEY_encrypt(f->encrypt, f->wrapped, &wrapped_size, random, f->key_size) != 1) return 0;
    f->wrapped_text_size = (size_t)(put_base64url(f->wrapped_text, f->wrapped, wrapped_size) - f->wrapped_text);
    memcpy(f->key, random, f->key_size);
    return seal_parts(f, random, random + f->key_size);
}

static int encrypt_cached_once(km_floor *f) {
    uint8_t ivs[KM_FLOOR_MAXIMUM_PARTS * IV_SIZE] = {0};
    for (size_t i = 0; i < f->part_count; i++) {
        f->number++;
        memcpy(ivs + i * IV_SIZE, &f->number, sizeof f->number);
    }
    return seal_parts(f, NULL, ivs);
}

/* The `size` bytes of a text. OpenSSL decodes whole blocks of the standard alphabet, and counts the pad as bytes. */
static int get_base64url(km_floor *f, uint8_t *out, const char *text, size_t length, size_t size) {
    const size_t padded = (length + 3) / 4 * 4;
    for (size_t i = 0; i < length; i++) f->text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    memset(f->text + length, '=', padded - length);
    return EVP_DecodeBlock(out, (const unsigned char *)f->text, (int)padded) == (int)(padded / 4 * 3)
        && padded / 4 * 3 - (padded - length) == size;
}

/* Decrypts the parts. If `has_key`, the context has the key already. */
static int open_parts(km_floor *f, int has_key) {
    const char *start = f->document, *end = f->document + f->document_size;
    uint8_t key[sizeof f->key];
    for (size_t i = 0; i < f->part_count; i++) {
        const struct part *part = &f->parts[i];
        const char *texts[5];
        size_t lengths[5];
        start += part->before_size;
        for (size_t n = 0; n < 5; n++) {
            const char *stop = memchr(start, n < 4 ? '.' : '"', (size_t)(end - start));
            if (stop == NULL) return 0;
            texts[n] = start;
            lengths[n] = (size_t)(stop - start);
            start = n < 4 ? stop + 1 : stop;
        }
        if (!has_key && i == 0) {
            size_t key_size = f->rsa_size;
            if (!get_base64url(f, f->wrapped, texts[1], lengths[1], f->rsa_size)
                || EVP_PKEY_decrypt(f->decrypt, f->unwrapped, &key_size, f->wrapped, f->rsa_size) != 1
                || key_size != f->key_size) return 0;
            memcpy(key, f->unwrapped, key_size);
        } else if (lengths[1] != f->wrapped_text_size || memcmp(texts[1], f->wrapped_text, lengths[1]) != 0) {
            return 0;
        }
        uint8_t iv[IV_SIZE + 3], tag[TAG_SIZE + 3];
        int length = 0, rest = 0;
        if (!get_base64url(f, iv, texts[2], lengths[2], IV_SIZE)
            || !get_base64url(f, f->work, texts[3], lengths[3], part->size)
            || !get_base64url(f, tag, texts[4], lengths[4], TAG_SIZE)
            || EVP_DecryptInit_ex2(f->open, NULL, !has_key && i == 0 ? key : NULL, iv, NULL) != 1
            || EVP_CIPHER_CTX_ctrl(f->open, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1
            || EVP_DecryptUpdate(f->open, NULL, &length, (const uint8_t *)texts[0], (int)lengths[0]) != 1
            || EVP_DecryptUpdate(f->open, f->work + part->size, &length, f->work, (int)part->size) != 1
            || EVP_DecryptFinal_ex(f->open, f->work + part->size + length, &rest) != 1) return 0;
    }
    return 1;
}

static int decrypt_once(km_floor *f) { return open_parts(f, 0); }
static int decrypt_cached_once(km_floor *f) { return open_parts(f, 1); }

static int compute_mac(km_floor *f, uint8_t mac[MAC_SIZE]) {
    size_t size = 0;
    return EVP_MAC_init(f->mac, NULL, 0, NULL) == 1
        && EVP_MAC_update(f->mac, f->parts[0].plaintext, f->parts[0].size) == 1
        && EVP_MAC_final(f->mac, mac, &size, MAC_SIZE) == 1;
}

static int authenticate_once(km_floor *f) {
    uint8_t mac[MAC_SIZE];
    if (!compute_mac(f, mac)) return 0;
    /* Kept in the object, so that the work cannot be left out. */
    f->work[0] = mac[0];
    return 1;
}

static int sign_once(km_floor *f) {
    uint8_t mac[MAC_SIZE];
    if (!compute_mac(f, mac)) return 0;
    memcpy(f->token, "KMV1:20260101000000000:", 23);
    return EVP_EncodeBlock((unsigned char *)f->token + 23, mac, MAC_SIZE) == 44;
}

static int number(const char *digits, size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; i++) value = value * 10 + (digits[i] - '0');
    return value;
}

static int verify_once(km_floor *f) {
    uint8_t mac[MAC_SIZE], decoded[MAC_SIZE + 1];
    const char *t = f->token + 5;
    if (memcmp(f->token, "KMV1:", 5) != 0 || t[17] != ':') return 0;
    /* The days since 1970 of a date of the Gregorian calendar, with years that begin in March. */
    const int month = number(t + 4, 2), year = number(t, 4) - (month <= 2), shifted = (month + 9) % 12;
    const int64_t days = 365 * (int64_t)year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5
        + number(t + 6, 2) - 1 - 719468;
    const int64_t seconds = days * 86400 + number(t + 8, 2) * 3600 + number(t + 10, 2) * 60 + number(t + 12, 2);
    const int64_t age = (1767225600 - seconds) * 1000 - number(t + 14, 3);
    return age <= 300000 && age >= -300000
        && EVP_DecodeBlock(decoded, (const unsigned char *)t + 18, 44) == MAC_SIZE + 1
        && compute_mac(f, mac) && CRYPTO_memcmp(mac, decoded, MAC_SIZE) == 0;
}

static int64_t run(km_floor *f, size_t count, int (*once)(km_floor *)) {
    const int64_t start = now();
    for (size_t i = 0; i < count; i++) {
        if (!once(f)) return -1;
    }
    return now() - start;
}

/* The first document of a cached key is made with RSA, so that there is a key. */
static int has_document(km_floor *f) { return f->document_size > 0 || encrypt_once(f); }

int64_t km_floor_encrypt(km_floor *f, size_t count) { return run(f, count, encrypt_once); }

int64_t km_floor_decrypt(km_floor *f, size_t count) {
    return has_document(f) ? run(f, count, decrypt_once) : -1;
}

int64_t km_floor_encrypt_cached(km_floor *f, size_t count) {
    return has_document(f) ? run(f, count, encrypt_cached_once) : -1;
}

int64_t km_floor_decrypt_cached(km_floor *f, size_t count) {
    if (!has_document(f) || EVP_DecryptInit_ex2(f->open, NULL, f->key, NULL, NULL) != 1) return -1;
    return run(f, count, decrypt_cached_once);
}

int64_t km_floor_authenticate(km_floor *f, size_t count) { return run(f, count, authenticate_once); }
int64_t km_floor_sign(km_floor *f, size_t count) { return run(f, count, sign_once); }

int64_t km_floor_verify(km_floor *f, size_t count) {
    return f->token[0] != 0 || sign_once(f) ? run(f, count, verify_once) : -1;
}
