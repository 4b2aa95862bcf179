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

struct km_floor {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *encrypt, *decrypt;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *seal, *open;
    EVP_MAC *hmac;
    EVP_MAC_CTX *mac;
    size_t key_size, rsa_size, header_size, body_size, message_size;
    char *header, *message, *text;
    uint8_t *body, *work, *wrapped, *unwrapped;
};

static EVP_PKEY_CTX *prepare(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const EVP_MD *md) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    if (context != NULL && init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

km_floor *km_floor_create(const uint8_t *pkcs8, size_t pkcs8_size, const uint8_t *mac_key, size_t mac_key_size,
                          const char *encoded_header, size_t content_key_size, const uint8_t *body, size_t body_size) {
    km_floor *f = OPENSSL_zalloc(sizeof *f);
    if (f == NULL) return NULL;
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    f->pkey = d2i_AutoPrivateKey(NULL, &pkcs8, (long)pkcs8_size);
    f->key_size = content_key_size;
    f->header_size = strlen(encoded_header);
    f->body_size = body_size;
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
        f->header = OPENSSL_strdup(encoded_header);
        f->body = OPENSSL_memdup(body, body_size);
        f->message = OPENSSL_malloc(f->header_size + 2 * f->rsa_size + 2 * body_size + 256);
        f->text = OPENSSL_malloc(2 * f->rsa_size + 2 * body_size + 256);
        f->work = OPENSSL_malloc(2 * body_size + 256);
        f->wrapped = OPENSSL_malloc(f->rsa_size + 16);
        f->unwrapped = OPENSSL_malloc(f->rsa_size);
        done = f->encrypt != NULL && f->decrypt != NULL && f->mac != NULL && f->header != NULL && f->body != NULL
            && f->message != NULL && f->text != NULL && f->work != NULL && f->wrapped != NULL && f->unwrapped != NULL
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
    OPENSSL_free(f->header);
    OPENSSL_free(f->message);
    OPENSSL_free(f->text);
    OPENSSL_free(f->body);
    OPENSSL_free(f->work);
    OPENSSL_free(f->wrapped);
    OPENSSL_free(f->unwrapped);
    OPENSSL_free(f);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static char *put(char *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return at + size;
}

static char *put_base64url(char *at, const uint8_t *bytes, size_t size) {
    const int length = EVP_EncodeBlock((unsigned char *)at, bytes, (int)size);
    char *end = at + length;
    while (end > at && end[-1] == '=') end--;
    for (char *c = at; c < end; c++) *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return end;
}

static int encrypt_once(km_floor *f) {
    uint8_t random[32 + IV_SIZE], tag[TAG_SIZE];
    size_t wrapped_size = f->rsa_size;
    int length = 0, rest = 0;
    if (RAND_bytes(random, (int)f->key_size + IV_SIZE) != 1) return 0;
    if (EVP_PKEY_encrypt(f->encrypt, f->wrapped, &wrapped_size, random, f->key_size) != 1) return 0;
    if (EVP_EncryptInit_ex2(f->seal, NULL, random, random + f->key_size, NULL) != 1
        || EVP_EncryptUpdate(f->seal, NULL, &length, (const uint8_t *)f->header, (int)f->header_size) != 1
        || EVP_EncryptUpdate(f->seal, f->work, &length, f->body, (int)f->body_size) != 1
        || EVP_EncryptFinal_ex(f->seal, f->work + length, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(f->seal, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) != 1) return 0;
    char *at = put(f->message, "{\"encData\":\"", 12);
    at = put(at, f->header, f->header_size);
    at = put_base64url(put(at, ".", 1), f->wrapped, wrapped_size);
    at = put_base64url(put(at, ".", 1), random + f->key_size, IV_SIZE);
    at = put_base64url(put(at, ".", 1), f->work, f->body_size);
    at = put_base64url(put(at, ".", 1), tag, TAG_SIZE);
    at = put(at, "\"}", 2);
    f->message_size = (size_t)(at - f->message);
    return 1;
}

/* The `size` bytes of a part. OpenSSL decodes whole blocks of the standard alphabet, and counts the pad as bytes. */
static int get_base64url(km_floor *f, uint8_t *out, const char *text, size_t length, size_t size) {
    const size_t padded = (length + 3) / 4 * 4;
    for (size_t i = 0; i < length; i++) f->text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    memset(f->text + length, '=', padded - length);
    return EVP_DecodeBlock(out, (const unsigned char *)f->text, (int)padded) == (int)(padded / 4 * 3)
        && padded / 4 * 3 - (padded - length) == size;
}

static int decrypt_once(km_floor *f) {
    const char *parts[5], *end = f->message + f->message_size - 2;
    size_t lengths[5], n = 0;
    for (const char *start = f->message + 12; n < 5; n++) {
        const char *dot = n < 4 ? memchr(start, '.', (size_t)(end - start)) : end;
        if (dot == NULL) return 0;
        parts[n] = start;
        lengths[n] = (size_t)(dot - start);
        start = dot + 1;
    }
    uint8_t iv[IV_SIZE + 3], tag[TAG_SIZE + 3];
    size_t key_size = f->rsa_size;
    int length = 0, rest = 0;
    return get_base64url(f, f->wrapped, parts[1], lengths[1], f->rsa_size)
        && get_base64url(f, iv, parts[2], lengths[2], IV_SIZE)
        && get_base64url(f, f->work, parts[3], lengths[3], f->body_size)
        && get_base64url(f, tag, parts[4], lengths[4], TAG_SIZE)
        && EVP_PKEY_decrypt(f->decrypt, f->unwrapped, &key_size, f->wrapped, f->rsa_size) == 1
        && key_size == f->key_size
        && EVP_DecryptInit_ex2(f->open, NULL, f->unwrapped, iv, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(f->open, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1
        && EVP_DecryptUpdate(f->open, NULL, &length, (const uint8_t *)parts[0], (int)lengths[0]) == 1
        && EVP_DecryptUpdate(f->open, f->work + f->body_size, &length, f->work, (int)f->body_size) == 1
        && EVP_DecryptFinal_ex(f->open, f->work + f->body_size + length, &rest) == 1;
}

static int compute_mac(km_floor *f, uint8_t mac[32]) {
    size_t size = 0;
    return EVP_MAC_init(f->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(f->mac, f->body, f->body_size) == 1
        && EVP_MAC_final(f->mac, mac, &size, 32) == 1;
}

static int authenticate_once(km_floor *f) {
    uint8_t mac[32];
    if (!compute_mac(f, mac)) return 0;
    f->work[0] = mac[0];
    return 1;
}

static int sign_once(km_floor *f) {
    uint8_t mac[32], text[80];
    if (!compute_mac(f, mac)) return 0;
    memcpy(text, "KMV1:20260101000000000:", 23);
    /* Kept in the object, so that the work cannot be left out. */
    f->work[0] = (uint8_t)EVP_EncodeBlock(text + 23, mac, 32) ^ text[40];
    return 1;
}

static int64_t run(km_floor *f, size_t count, int (*once)(km_floor *)) {
    const int64_t start = now();
    for (size_t i = 0; i < count; i++) {
        if (!once(f)) return -1;
    }
    return now() - start;
}

int64_t km_floor_encrypt(km_floor *f, size_t count) { return run(f, count, encrypt_once); }
int64_t km_floor_decrypt(km_floor *f, size_t count) { return run(f, count, decrypt_once); }
int64_t km_floor_authenticate(km_floor *f, size_t count) { return run(f, count, authenticate_once); }
int64_t km_floor_sign(km_floor *f, size_t count) { return run(f, count, sign_once); }
