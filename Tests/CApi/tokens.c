#include "checks.h"
#include <string.h>

static const uint8_t secret[] = "0123456789abcdef0123456789abcdef";
static const uint8_t body[] = "{\"userId\":50000104652}";
#define BODY body, sizeof body - 1

void test_tokens(void) {
    km_error error;
    km_secret_key *key = (km_secret_key *)1;
    EXPECT(KM_ERROR_INVALID_SIZE, km_secret_key_create(NULL, 0, &key, &error));
    CHECK(key == NULL);
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_secret_key_create(NULL, 1, &key, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_secret_key_create(secret, 32, NULL, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_secret_key_create(secret, SIZE_MAX, &key, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_secret_key_create(secret, (1 << 20) + 1, &key, &error));
    EXPECT(KM_SUCCESS, km_secret_key_create(secret, 32, &key, &error));
    CHECK(km_secret_key_create(NULL, 1, NULL, NULL) == KM_ERROR_ARGUMENT_INVALID);

    uint8_t token[KM_TOKEN_MAXIMUM_SIZE];
    size_t size = 7;
    EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_token_sign(key, BODY, NOW, "KST", KM_PROFILE_DOCUMENTED, NULL, 0, &size,
           &error));
    CHECK(size == 66);
    EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_token_sign(key, BODY, NOW, "KST", KM_PROFILE_GATEWAY, token, 66, &size,
           &error));
    CHECK(size == 67);
    EXPECT(KM_SUCCESS, km_token_sign(key, BODY, NOW, "KST", KM_PROFILE_DOCUMENTED, token, sizeof token, &size, &error));
    CHECK(size == 66 && memcmp(token, "KMV1:20261123183000000:", 23) == 0);
    EXPECT(KM_SUCCESS, km_token_verify(key, token, size, BODY, NOW, "KST", 0, 0, &error));
    EXPECT(KM_SUCCESS, km_token_verify(key, token, size, BODY, NOW + 300000, "KST", 300000, 0, &error));
    EXPECT(KM_ERROR_TOKEN_STALE, km_token_verify(key, token, size, BODY, NOW + 300001, "KST", 300000, 0, &error));
    EXPECT(KM_ERROR_TOKEN_STALE, km_token_verify(key, token, size, BODY, NOW - 1, "KST", 300000, 0, &error));
    EXPECT(KM_ERROR_TOKEN_STALE, km_token_verify(key, token, size, BODY, INT64_MIN, "KST", 1000, 1000, &error));
    EXPECT(KM_ERROR_TOKEN_STALE, km_token_verify(key, token, size, BODY, NOW, NULL, 1000, 1000, &error));
    EXPECT(KM_SUCCESS, km_token_verify(key, token, size, BODY, INT64_MAX, "KST", KM_ANY_TIME, KM_ANY_TIME, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_verify(key, token, size, BODY, NOW, "KST", KM_ANY_TIME, 0, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_verify(key, token, size, BODY, NOW, "KST", -2, -2, &error));
    EXPECT(KM_ERROR_TOKEN_MISMATCH, km_token_verify(key, token, size, body, 3, NOW, "KST", 0, 0, &error));
    EXPECT(KM_ERROR_TOKEN_MALFORMED, km_token_verify(key, token, 65, BODY, NOW, "KST", 0, 0, &error));
    EXPECT(KM_ERROR_TOKEN_MALFORMED, km_token_verify(key, NULL, 0, BODY, NOW, "KST", 0, 0, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_verify(key, NULL, 66, BODY, NOW, "KST", 0, 0, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_token_verify(key, token, SIZE_MAX, BODY, NOW, "KST", 0, 0, &error));
    token[30] ^= 0x80;
    EXPECT(KM_ERROR_TOKEN_MALFORMED, km_token_verify(key, token, size, BODY, NOW, "KST", 0, 0, &error));

    EXPECT(KM_ERROR_TIME_ZONE_UNKNOWN, km_token_sign(key, BODY, NOW, "IST", KM_PROFILE_DOCUMENTED, token, 67, &size,
           &error));
    EXPECT(KM_ERROR_HEADER_INVALID, km_token_sign(key, BODY, NOW, "Asia/Seoul", KM_PROFILE_DOCUMENTED, token, 67,
           &size, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_sign(key, BODY, NOW, "\xff", KM_PROFILE_DOCUMENTED, token, 67, &size,
           &error));
    EXPECT(KM_ERROR_HEADER_INVALID, km_token_sign(key, BODY, INT64_MAX, NULL, KM_PROFILE_DOCUMENTED, token, 67, &size,
           &error));
    EXPECT(KM_ERROR_HEADER_INVALID, km_token_sign(key, BODY, INT64_MIN, NULL, KM_PROFILE_DOCUMENTED, token, 67, &size,
           &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_sign(key, BODY, NOW, NULL, (km_profile)2, token, 67, &size, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_sign(key, BODY, NOW, NULL, KM_PROFILE_DOCUMENTED, token, 67, NULL,
           &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_sign(key, BODY, NOW, NULL, KM_PROFILE_DOCUMENTED, NULL, 67, &size,
           &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_token_sign(NULL, BODY, NOW, NULL, KM_PROFILE_DOCUMENTED, token, 67, &size,
           &error));
    EXPECT(KM_SUCCESS, km_token_sign(key, NULL, 0, NOW, NULL, KM_PROFILE_DOCUMENTED, token, 67, &size, &error));

    /* A handle of another type. */
    km_tokenizer *tokenizer = make_tokenizer(NULL);
    EXPECT(KM_ERROR_ARGUMENT_INVALID,
           km_token_sign((km_secret_key *)tokenizer, BODY, NOW, NULL, KM_PROFILE_DOCUMENTED, token, 67, &size, &error));
    km_tokenizer_free(tokenizer);
    km_secret_key_free(key);
    km_secret_key_free(NULL);
}
