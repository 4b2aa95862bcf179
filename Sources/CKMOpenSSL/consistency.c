/* Checks that the private key of a key pair matches its public key. */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "internal.h"

/* Returns 1 when a * b is 1 modulo `modulus`. */
static int are_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *modulus, BN_CTX *context) {
    BIGNUM *product = BN_CTX_get(context);
    return product != NULL && BN_mod_mul(product, a, b, modulus, context) == 1 && BN_is_one(product);
}

enum { N, E, D, P, Q, DP, DQ, QI, COUNT };

/* Checks the integers as RFC 8017 section 3.2 defines them. Does not test the primes for primality, which takes
 * a long time. */
static int fit(BIGNUM *const *i, BN_CTX *context) {
    BIGNUM *product = BN_CTX_get(context), *p_less_1 = BN_CTX_get(context), *q_less_1 = BN_CTX_get(context);
    return q_less_1 != NULL && BN_mul(product, i[P], i[Q], context) == 1 && BN_cmp(product, i[N]) == 0
        && BN_sub(p_less_1, i[P], BN_value_one()) == 1 && BN_sub(q_less_1, i[Q], BN_value_one()) == 1
        && BN_cmp(i[D], i[N]) < 0 && BN_cmp(i[DP], i[P]) < 0 && BN_cmp(i[DQ], i[Q]) < 0 && BN_cmp(i[QI], i[P]) < 0
        && are_inverse(i[E], i[D], p_less_1, context) && are_inverse(i[E], i[D], q_less_1, context)
        && are_inverse(i[E], i[DP], p_less_1, context) && are_inverse(i[E], i[DQ], q_less_1, context)
        && are_inverse(i[Q], i[QI], i[P], context);
}

/* Checks all integers, because a test decryption is not enough: when the result from the primes is wrong, OpenSSL
 * decrypts with d instead. A wrong prime would then show only in the time taken and in exported keys. */
static int integers_fit(const EVP_PKEY *pkey) {
    static const char *const names[COUNT] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
        OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };
    BIGNUM *integers[COUNT] = {NULL};
    int found = 0;
    for (int i = 0; i < COUNT; i++) found += EVP_PKEY_get_bn_param(pkey, names[i], &integers[i]) == 1;
    /* A key with only d has nothing to compare. A key with more than two primes never gets here. */
    int fits = found == D + 1 && integers[D] != NULL;
    if (!fits && found == COUNT) {
        BN_CTX *context = BN_CTX_secure_new();
        fits = context != NULL && fit(integers, context);
        BN_CTX_free(context);
    }
    for (int i = 0; i < COUNT; i++) BN_clear_free(integers[i]);
    return fits;
}

km_status km_rsa_check_consistency(const km_rsa *pair) {
    uint8_t sample[32], wrapped[KM_RSA_MAXIMUM_BITS / 8], unwrapped[KM_RSA_MAXIMUM_BITS / 8];
    char reason[KM_REASON_CAPACITY] = "";
    size_t size = 0;
    if (!pair->is_private || pair->size > sizeof wrapped) return KM_INCONSISTENT;
    if (!km_random(sample, sizeof sample)) return KM_FAILED;
    ERR_clear_error();
    const int consistent = integers_fit(pair->pkey)
        && km_oaep_encrypt(pair, sample, sizeof sample, wrapped)
        && km_oaep_decrypt(pair, KM_SHA256, wrapped, pair->size, unwrapped, &size)
        && size == sizeof sample && CRYPTO_memcmp(sample, unwrapped, sizeof sample) == 0;
    OPENSSL_cleanse(sample, sizeof sample);
    OPENSSL_cleanse(unwrapped, sizeof unwrapped);
    const km_status otherwise = km_failure(KM_INCONSISTENT, reason);
    return consistent ? KM_DONE : otherwise;
}
