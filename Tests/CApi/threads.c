#include "checks.h"
#include <pthread.h>
#include <string.h>

/* Handles that all threads use at once. */
static km_tokenizer *tokenizer;
static km_cipher *cipher;
static km_secret_key *secret;
static int rounds;
static uint8_t expected[27];

static void *work(void *argument) {
    km_error error;
    (void)argument;
    for (int round = 0; round < rounds; round++) {
        uint8_t par[27], token[67], body[2048], opened[2048];
        size_t size = 0;
        EXPECT(KM_SUCCESS, km_par_derive(tokenizer, (const uint8_t *)"9491339401250765", 16, 16, par, 27, &size,
               &error));
        CHECK(memcmp(par, expected, 27) == 0);
        EXPECT(KM_SUCCESS, km_token_sign(secret, par, 27, NOW, NULL, KM_PROFILE_GATEWAY, token, 67, &size, &error));
        EXPECT(KM_SUCCESS, km_token_verify(secret, token, size, par, 27, NOW, NULL, 0, 0, &error));
        EXPECT(KM_ERROR_PAN_MALFORMED, km_par_derive(tokenizer, (const uint8_t *)"x", 1, 0, par, 27, &size, &error));
        if (round % 1000 != 0) continue;
        EXPECT(KM_SUCCESS, km_cipher_seal(cipher, ID, NULL, NULL, KM_REQUEST, now(), (const uint8_t *)"{}", 2, body,
               sizeof body, &size, &error));
        EXPECT(KM_SUCCESS, km_cipher_open(cipher, ID, NULL, NULL, body, size, opened, sizeof opened, &size, &error));
        CHECK(size == 2 && memcmp(opened, "{}", 2) == 0);
        km_tokenizer *own = make_tokenizer("5001");
        km_tokenizer_free(own);
    }
    return NULL;
}

void test_threads(int count) {
    km_error error;
    size_t size;
    pthread_t threads[8];
    rounds = count;
    tokenizer = make_tokenizer(NULL);
    cipher = make_cipher(KM_PROFILE_DOCUMENTED);
    EXPECT(KM_SUCCESS, km_secret_key_create((const uint8_t *)"secret", 6, &secret, &error));
    EXPECT(KM_SUCCESS, km_par_derive(tokenizer, (const uint8_t *)"9491339401250765", 16, 16, expected, 27, &size,
           &error));
    for (int index = 0; index < 8; index++) CHECK(pthread_create(&threads[index], NULL, work, NULL) == 0);
    for (int index = 0; index < 8; index++) CHECK(pthread_join(threads[index], NULL) == 0);
    km_tokenizer_free(tokenizer);
    km_cipher_free(cipher);
    km_secret_key_free(secret);
}
