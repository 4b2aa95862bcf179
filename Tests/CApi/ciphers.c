#include "checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t parameters[] = "{\"userId\":50000104652,\"physicalCardNo\":\"9491339401250765\",\"list\":[{\"n\":1},{\"n\":2}]}";
#define PARAMETERS parameters, sizeof parameters - 1

static km_crypto_key key_of(const char *id, file certificate, file private_key) {
    return (km_crypto_key){.id = id, .certificate = certificate.bytes, .certificate_size = certificate.size,
                           .private_key = private_key.bytes, .private_key_size = private_key.size};
}

km_cipher *make_cipher(km_profile profile) {
    km_error error;
    km_cipher *cipher;
    file certificate = read_file("key.cert.pem"), private_key = read_file("key.private.pem");
    km_crypto_key key = key_of(ID, certificate, private_key);
    EXPECT(KM_SUCCESS, km_cipher_create(&key, 1, profile, &cipher, &error));
    /* The library keeps no pointer to its inputs. */
    memset(certificate.bytes, 0, certificate.size);
    memset(private_key.bytes, 0, private_key.size);
    free(certificate.bytes);
    free(private_key.bytes);
    return cipher;
}

/* Creates a cipher with one key, which must give a status. */
static void expect_key(km_status expected, km_crypto_key key) {
    km_error error;
    km_cipher *cipher = (km_cipher *)1;
    EXPECT(expected, km_cipher_create(&key, 1, KM_PROFILE_DOCUMENTED, &cipher, &error));
    CHECK((cipher != NULL) == (expected == KM_SUCCESS));
    km_cipher_free(cipher);
}

/* A private key from a file, with a passphrase or without. */
static void expect_private(km_status expected, const char *name, const char *passphrase) {
    file private_key = read_file(name);
    expect_key(expected, (km_crypto_key){.id = ID, .private_key = private_key.bytes,
           .private_key_size = private_key.size,
                                         .passphrase = (const uint8_t *)passphrase,
                                         .passphrase_size = passphrase ? strlen(passphrase) : 0});
    free(private_key.bytes);
}

static void test_keys(void) {
    km_error error;
    km_cipher *cipher;
    file certificate = read_file("key.cert.pem"), private_key = read_file("key.private.pem");
    km_crypto_key key = key_of(ID, certificate, private_key);
    expect_private(KM_SUCCESS, "key.private.pem", NULL);
    expect_private(KM_SUCCESS, "key.encrypted.pem", "open sesame");
    expect_private(KM_ERROR_PASSPHRASE_WRONG, "key.encrypted.pem", "open sesame!");
    expect_private(KM_ERROR_PASSPHRASE_WRONG, "key.encrypted.pem", "");
    expect_private(KM_ERROR_PASSPHRASE_REQUIRED, "key.encrypted.pem", NULL);
    expect_private(KM_ERROR_LEGACY_ENCRYPTION, "key.legacy.p12", "open sesame");
    expect_private(KM_ERROR_UNSUPPORTED_KEY, "small.private.pem", NULL);
    expect_private(KM_ERROR_UNSUPPORTED_KEY, "ec.private.pem", NULL);
    expect_private(KM_ERROR_WRONG_KEY_KIND, "key.cert.pem", NULL);

    /* Every truncation of a PEM file is an error, or the whole key without its last line end. */
    for (size_t size = 0; size + 1 < private_key.size; size += 7) {
        km_crypto_key damaged = {.id = ID, .private_key = private_key.bytes, .private_key_size = size};
        expect_key(KM_ERROR_MALFORMED_KEY, damaged);
        size_t shorter = size < certificate.size - 8 ? size : certificate.size - 8;
        expect_key(KM_ERROR_MALFORMED_CERTIFICATE,
                   (km_crypto_key){.id = ID, .certificate = certificate.bytes, .certificate_size = shorter});
    }
    km_crypto_key changed = key;
    changed.certificate = NULL;
    expect_key(KM_ERROR_ARGUMENT_INVALID, changed);
    changed = key;
    changed.certificate_size = SIZE_MAX;
    expect_key(KM_ERROR_LIMIT_EXCEEDED, changed);
    changed = key;
    changed.private_key_size = 65537;
    changed.private_key = calloc(1, 65537);
    expect_key(KM_ERROR_LIMIT_EXCEEDED, changed);
    free((void *)changed.private_key);
    changed = key;
    changed.id = NULL;
    expect_key(KM_ERROR_ARGUMENT_INVALID, changed);
    changed.id = "short";
    expect_key(KM_ERROR_HEADER_INVALID, changed);
    changed = key;
    changed.reserved = 1;
    expect_key(KM_ERROR_ARGUMENT_INVALID, changed);
    changed = key;
    changed.state = (km_key_state)3;
    expect_key(KM_ERROR_ARGUMENT_INVALID, changed);
    expect_key(KM_ERROR_KEY_HALF_MISSING, (km_crypto_key){.id = ID});
    expect_key(KM_SUCCESS, (km_crypto_key){.id = ID, .state = KM_KEY_DISCARDED});

    km_crypto_key twice[] = {key, key};
    EXPECT(KM_ERROR_KEYRING_INVALID, km_cipher_create(twice, 2, KM_PROFILE_DOCUMENTED, &cipher, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_cipher_create(twice, 0, KM_PROFILE_DOCUMENTED, &cipher, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_cipher_create(twice, SIZE_MAX, KM_PROFILE_DOCUMENTED, &cipher, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_create(NULL, 1, KM_PROFILE_DOCUMENTED, &cipher, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_create(&key, 1, (km_profile)9, &cipher, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_create(&key, 1, KM_PROFILE_DOCUMENTED, NULL, &error));
    km_cipher_free(NULL);
    free(certificate.bytes);
    free(private_key.bytes);
}

/* What each state of a key permits. */
static void test_states(void) {
    km_error error;
    km_cipher *cipher;
    size_t size;
    uint8_t body[4096];
    file certificate = read_file("key.cert.pem"), private_key = read_file("key.private.pem"), none = {NULL, 0};
    km_crypto_key keys[] = {key_of(ID, certificate, none), key_of(OTHER_ID, certificate, private_key),
                            {.id = "dddddddddddddddddddddddddddddddd", .state = KM_KEY_DISCARDED}};
    keys[1].state = KM_KEY_INACTIVE;
    EXPECT(KM_SUCCESS, km_cipher_create(keys, 3, KM_PROFILE_GATEWAY, &cipher, &error));
    EXPECT(KM_ERROR_KEY_NOT_ACTIVE,
           km_cipher_seal(cipher, OTHER_ID, NULL, NULL, KM_REQUEST, now(), PARAMETERS, body, sizeof body, &size,
                  &error));
    EXPECT(KM_ERROR_KEY_NOT_ACTIVE,
           km_cipher_seal(cipher, keys[2].id, NULL, NULL, KM_RESPONSE, now(), PARAMETERS, body, sizeof body, &size,
                  &error));
    EXPECT(KM_SUCCESS,
           km_cipher_seal(cipher, OTHER_ID, NULL, NULL, KM_RESPONSE, now(), PARAMETERS, body, sizeof body, &size,
                  &error));
    EXPECT(KM_ERROR_KEY_HALF_MISSING, km_cipher_open(cipher, ID, NULL, NULL, body, size, body, sizeof body, &size,
           &error));
    EXPECT(KM_ERROR_KEY_UNKNOWN, km_cipher_open(cipher, ALIEN_ID, NULL, NULL, body, size, body, sizeof body, &size,
           &error));
    /* The output can be where the body is. */
    EXPECT(KM_SUCCESS, km_cipher_open(cipher, OTHER_ID, NULL, NULL, body, size, body, sizeof body, &size, &error));
    CHECK(size == sizeof parameters - 1 && memcmp(body, parameters, size) == 0);
    int64_t edges[] = {0, INT64_MIN, INT64_MAX, now() + 1000LL * 86400 * 36500};
    for (size_t index = 0; index < 4; index++)
        EXPECT(KM_ERROR_CERTIFICATE_NOT_VALID, km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, edges[index],
               PARAMETERS, body,
                                                              sizeof body, &size, &error));
    km_cipher_free(cipher);
    free(certificate.bytes);
    free(private_key.bytes);
}

void test_ciphers(void) {
    test_keys();
    test_states();
    km_error error;
    for (int profile = 0; profile < 2; profile++) {
        km_cipher *cipher = make_cipher((km_profile)profile);
        size_t needed = 0, size = 0;
        EXPECT(KM_ERROR_BUFFER_TOO_SMALL,
               km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), PARAMETERS, NULL, 0, &needed, &error));
        CHECK(needed > sizeof parameters && needed < 2 * sizeof parameters + 2048);
        uint8_t *body = malloc(needed);
        memset(body, 0x55, needed);
        EXPECT(KM_ERROR_BUFFER_TOO_SMALL,
               km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), PARAMETERS, body, needed - 1, &size, &error));
        CHECK(size == needed && body[0] == 0x55 && body[needed - 1] == 0x55);
        EXPECT(KM_SUCCESS, km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), PARAMETERS, body, needed, &size,
               &error));
        CHECK(size == needed);
        uint8_t opened[sizeof parameters - 1];
        EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_cipher_open(cipher, ID, NULL, NULL, body, needed, opened, 3, &size,
               &error));
        CHECK(size == sizeof opened);
        EXPECT(KM_SUCCESS, km_cipher_open(cipher, ID, NULL, NULL, body, needed, opened, sizeof opened, &size, &error));
        CHECK(size == sizeof opened && memcmp(opened, parameters, size) == 0);
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_open(cipher, NULL, NULL, NULL, body, needed, opened, 9, &size,
               &error));
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_open(NULL, ID, NULL, NULL, body, needed, opened, 9, &size, &error));
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_open(cipher, ID, NULL, NULL, body, needed, opened, 9, NULL,
               &error));
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_open(cipher, ID, NULL, NULL, NULL, needed, opened, 9, &size,
               &error));
        /* A text of more than 4096 bytes, and a handle of another type. */
        char *text = malloc(5000);
        memset(text, 'a', 4999);
        text[4999] = 0;
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_open(cipher, text, NULL, NULL, body, needed, opened, 9, &size,
               &error));
        free(text);
        EXPECT(KM_ERROR_ARGUMENT_INVALID,
               km_cipher_open(cipher, ID, (km_fields *)cipher, NULL, body, needed, opened, 9, &size, &error));
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_cipher_seal(cipher, ID, NULL, NULL, (km_message_direction)2, NOW,
               PARAMETERS, body,
                                                         needed, &size, &error));
        free(body);
        km_cipher_free(cipher);
    }
}

void test_fields(void) {
    km_error error;
    km_fields *fields;
    const char *paths[] = {"$.physicalCardNo", "$.list[*].n"};
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_fields_create(paths, 0, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_fields_create(paths, 257, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_fields_create(NULL, 1, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_fields_create(paths, 1, (km_presence)3, &fields, &error));
    const char *bad[] = {"$.a", NULL}, *malformed[] = {"physicalCardNo"}, *unsupported[] = {"$..n"},
           *overlapping[] = {"$.a", "$.a.b"};
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_fields_create(bad, 2, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_PATH_MALFORMED, km_fields_create(malformed, 1, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_PATH_UNSUPPORTED, km_fields_create(unsupported, 1, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_ERROR_PATHS_OVERLAP, km_fields_create(overlapping, 2, KM_PRESENCE_EVERY_ITEM, &fields, &error));
    EXPECT(KM_SUCCESS, km_fields_create(paths, 2, KM_PRESENCE_EVERY_ITEM, &fields, &error));

    km_cipher *cipher = make_cipher(KM_PROFILE_DOCUMENTED);
    const char *cid = "261123183000-1234567", *other = "261123183000-1234568";
    uint8_t body[8192], opened[8192];
    size_t size, opened_size;
    EXPECT(KM_SUCCESS, km_cipher_seal(cipher, ID, fields, cid, KM_REQUEST, now(), PARAMETERS, body, sizeof body, &size,
           &error));
    CHECK(memcmp(body, parameters, 40) == 0 && memmem(body, size, "9491339401250765", 16) == NULL);
    EXPECT(KM_SUCCESS, km_cipher_open(cipher, ID, fields, cid, body, size, opened, sizeof opened, &opened_size,
           &error));
    CHECK(opened_size == sizeof parameters - 1 && memcmp(opened, parameters, opened_size) == 0);
    EXPECT(KM_SUCCESS, km_cipher_open(cipher, ID, fields, NULL, body, size, opened, sizeof opened, &opened_size,
           &error));
    EXPECT(KM_ERROR_FIELD_MISMATCH,
           km_cipher_open(cipher, ID, fields, other, body, size, opened, sizeof opened, &opened_size, &error));
    EXPECT(KM_ERROR_HEADER_INVALID,
           km_cipher_open(cipher, ID, fields, "today", body, size, opened, sizeof opened, &opened_size, &error));
    EXPECT(KM_ERROR_PROTECTION_REQUIRED,
           km_cipher_open(cipher, ID, NULL, NULL, body, size, opened, sizeof opened, &opened_size, &error));
    EXPECT(KM_ERROR_PROTECTION_REQUIRED,
           km_cipher_open(cipher, ID, fields, NULL, PARAMETERS, opened, sizeof opened, &opened_size, &error));
    EXPECT(KM_ERROR_FIELD_MISSING,
           km_cipher_seal(cipher, ID, fields, NULL, KM_REQUEST, now(), (const uint8_t *)"{}", 2, body, sizeof body,
                  &size, &error));
    km_fields_free(fields);
    EXPECT(KM_SUCCESS, km_fields_create(paths, 1, KM_PRESENCE_OPTIONAL, &fields, &error));
    EXPECT(KM_SUCCESS,
           km_cipher_seal(cipher, ID, fields, NULL, KM_REQUEST, now(), (const uint8_t *)"{}", 2, body, sizeof body,
                  &size, &error));
    CHECK(size == 2);
    km_fields_free(fields);
    km_fields_free(NULL);
    km_cipher_free(cipher);
}

/* Opens a text as a body, which must give a status. */
static void expect_body(km_status expected, const km_cipher *cipher, const char *body) {
    km_error error;
    uint8_t opened[4096];
    size_t size = 12345;
    EXPECT(expected, km_cipher_open(cipher, ID, NULL, NULL, (const uint8_t *)body, strlen(body), opened, sizeof opened,
           &size, &error));
    CHECK(size == 12345);
}

/* Puts another protected header, in Base64url, into a body. */
static char *with_header(const char *body, const char *header) {
    const char *end = strchr(body, '.');
    char *changed = malloc(strlen(body) + strlen(header) + 20);
    sprintf(changed, "{\"encData\":\"%s%s", header, end);
    return changed;
}

void test_hostile_bodies(void) {
    km_error error;
    km_cipher *cipher = make_cipher(KM_PROFILE_DOCUMENTED);
    char body[4096];
    uint8_t opened[4096];
    size_t size = 0, opened_size = 0;
    EXPECT(KM_SUCCESS, km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), PARAMETERS, (uint8_t *)body,
           sizeof body - 1, &size,
                                      &error));
    body[size] = 0;
    expect_body(KM_ERROR_MALFORMED_JSON, cipher, "");
    expect_body(KM_ERROR_MALFORMED_JSON, cipher, "{\"encData\":");
    expect_body(KM_ERROR_PROTECTION_REQUIRED, cipher, "[]");
    expect_body(KM_ERROR_MALFORMED_BODY, cipher, "{\"encData\":1}");
    expect_body(KM_ERROR_MALFORMED_BODY, cipher, "{\"encData\":\"\",\"more\":1}");
    expect_body(KM_ERROR_MALFORMED_JWE, cipher, "{\"encData\":\"a.b\"}");
    /* {"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"x"}, {"alg":"dir","enc":"A256GCM"}, and {} */
    char *changed = with_header(body, "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoieCJ9");
    expect_body(KM_ERROR_KEY_ID_MISMATCH, cipher, changed);
    free(changed);
    changed = with_header(body, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0");
    expect_body(KM_ERROR_ALGORITHM_NOT_ALLOWED, cipher, changed);
    free(changed);
    changed = with_header(body, "e30");
    expect_body(KM_ERROR_MALFORMED_HEADER, cipher, changed);
    free(changed);
    /* Any change of the encrypted key, the IV, the ciphertext or the tag. */
    for (char *place = strchr(body, '.') + 1; place < body + size - 3; place += 37) {
        char original = *place;
        if (original == '.' || place[1] == '.' || place[1] == '"') continue;
        *place = original == 'A' ? 'B' : 'A';
        expect_body(KM_ERROR_AUTHENTICATION_FAILED, cipher, body);
        *place = original;
    }
    EXPECT(KM_SUCCESS, km_cipher_open(cipher, ID, NULL, NULL, (uint8_t *)body, size, opened, sizeof opened,
           &opened_size, &error));
    for (size_t cut = 0; cut < size; cut += 11) {
        km_status status = km_cipher_open(cipher, ID, NULL, NULL, (uint8_t *)body, cut, opened, sizeof opened,
               &opened_size, &error);
        CHECK(status == KM_ERROR_MALFORMED_JSON);
    }
    /* Larger than any body may be. */
    uint8_t *large = calloc(1, KM_BODY_MAXIMUM_SIZE + 1);
    EXPECT(KM_ERROR_LIMIT_EXCEEDED,
           km_cipher_open(cipher, ID, NULL, NULL, large, KM_BODY_MAXIMUM_SIZE + 1, opened, 9, &opened_size, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), large,
           KM_BODY_MAXIMUM_SIZE + 1, opened, 9,
                                                   &opened_size, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_cipher_open(cipher, ID, NULL, NULL, large, SIZE_MAX, opened, 9, &opened_size,
           &error));
    EXPECT(KM_ERROR_MALFORMED_JSON,
           km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), NULL, 0, opened, sizeof opened, &opened_size,
                  &error));
    free(large);
    km_cipher_free(cipher);
}
