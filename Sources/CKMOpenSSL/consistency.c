/* Checks that the private key of a key pair matches its public key. */
#include "internal.h"

/* Returns true when a * b is 1 modulo `modulus`. */
static bool are_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *modulus, BN_CTX *context) {
    BIGNUM *product = BN_CTX_get(context);
    return product != NULL && BN_mod_mul(product, a, b, modulus, context) == 1 && BN_is_one(product);
}

/* Checks the integers as RFC 8017 section 3.2 defines them. Does not test the primes for primality, which takes
 * a long time. */
static bool fit(BIGNUM *const *i, BN_CTX *context) {
    BIGNUM *product = BN_CTX_get(context), *p_less_1 = BN_CTX_get(context), *q_less_1 = BN_CTX_get(context);
    return q_less_1 != NULL && BN_mul(product, i[KM_P], i[KM_Q], context) == 1 && BN_cmp(product, i[KM_N]) == 0
        && BN_sub(p_less_1, i[KM_P], BN_value_one()) == 1 && BN_sub(q_less_1, i[KM_Q], BN_value_one()) == 1
        && BN_cmp(i[KM_D], i[KM_N]) < 0 && BN_cmp(i[KM_DP], i[KM_P]) < 0 && BN_cmp(i[KM_DQ], i[KM_Q]) < 0
        && BN_cmp(i[KM_QI], i[KM_P]) < 0
        && are_inverse(i[KM_E], i[KM_D], p_less_1, context) && are_inverse(i[KM_E], i[KM_D], q_less_1, context)
        && are_inverse(i[KM_E], i[KM_DP], p_less_1, context) && are_inverse(i[KM_E], i[KM_DQ], q_less_1, context)
        && are_inverse(i[KM_Q], i[KM_QI], i[KM_P], context);
}

/* Checks all integers, because a test decryption is not enough: when the result from the primes is wrong, OpenSSL
 * decrypts with d instead. A wrong prime would then show only in the time taken and in exported keys. */
static bool integers_fit(const EVP_PKEY *pkey) {
    BIGNUM *integers[KM_COMPONENTS] = {NULL};
    int found = 0;
    for (int i = 0; i < KM_COMPONENTS; i++) {
        found += EVP_PKEY_get_bn_param(pkey, km_parameter_name((km_component)i), &integers[i]) == 1;
    }
    /* A key with only d has nothing to compare. A key with more than two primes never gets here. */
    bool fits = found == KM_D + 1 && integers[KM_D] != NULL;
    if (!fits && found == KM_COMPONENTS) {
        BN_CTX *context = BN_CTX_secure_new();
        fits = context != NULL && fit(integers, context);
        BN_CTX_free(context);
    }
    for (int i = 0; i < KM_COMPONENTS; i++) BN_clear_free(integers[i]);
    return fits;
}

km_result km_rsa_check_consistency(const km_rsa *pair) {
    uint8_t sample[32], wrapped[KM_RSA_MAXIMUM_SIZE], unwrapped[KM_RSA_MAXIMUM_SIZE];
    char reason[KM_REASON_CAPACITY] = "";
    size_t size = 0;
    if (!pair->is_private) return KM_MISUSED;
    if (km_random(sizeof sample, sample) != KM_OK) return KM_FAILED;
    km_clear();
    const bool is_consistent = integers_fit(pair->pkey)
        && km_oaep_encrypt(pair, sample, sizeof sample, wrapped) == KM_OK
        && km_oaep_decrypt(pair, KM_SHA256, wrapped, pair->size, unwrapped, &size) == KM_OK
        && size == sizeof sample && km_equal(sample, unwrapped, sizeof sample);
    OPENSSL_cleanse(sample, sizeof sample);
    OPENSSL_cleanse(unwrapped, pair->size);
    const km_result otherwise = km_failure(KM_INCONSISTENT, reason);
    return is_consistent ? KM_OK : otherwise;
}
