/* RSA keys from and to bare integers, for JWK. */
#include <limits.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "internal.h"

static const char *const names[KM_RSA_COMPONENTS] = {
    OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

km_rsa *km_rsa_from_components(const km_integer *components, size_t count, char *reason) {
    const int is_private = count > KM_RSA_PUBLIC_COMPONENTS;
    BIGNUM *numbers[KM_RSA_COMPONENTS] = {NULL};
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = NULL;
    EVP_PKEY *pkey = NULL;
    km_rsa *key = NULL;
    ERR_clear_error();
    if (count < KM_RSA_PUBLIC_COMPONENTS || count > KM_RSA_COMPONENTS) goto end;
    builder = OSSL_PARAM_BLD_new();
    if (builder == NULL) goto end;
    for (size_t i = 0; i < count; i++) {
        if (components[i].size == 0 || components[i].size > INT_MAX) goto end;
        /* Secret numbers are marked secure, so that the built parameters are cleansed as they are freed. */
        BIGNUM *number = i < KM_RSA_PUBLIC_COMPONENTS ? BN_new() : BN_secure_new();
        numbers[i] = number;
        if (number == NULL || BN_bin2bn(components[i].bytes, (int)components[i].size, number) == NULL) goto end;
        if (BN_is_zero(number) || OSSL_PARAM_BLD_push_BN(builder, names[i], number) != 1) goto end;
    }
    parameters = OSSL_PARAM_BLD_to_param(builder);
    context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1) goto end;
    if (EVP_PKEY_fromdata(context, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) != 1) goto end;
    key = km_rsa_adopt(pkey, is_private);
end:
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < KM_RSA_COMPONENTS; i++) BN_clear_free(numbers[i]);
    km_clear_with_reason(reason);
    return key;
}

uint8_t *km_rsa_copy_component(const km_rsa *key, size_t index, size_t *size) {
    BIGNUM *number = NULL;
    uint8_t *bytes = NULL;
    if (index < KM_RSA_PUBLIC_COMPONENTS && EVP_PKEY_get_bn_param(key->pkey, names[index], &number) == 1) {
        const int length = BN_num_bytes(number);
        bytes = km_secret_allocate((size_t)length);
        if (bytes != NULL) {
            BN_bn2bin(number, bytes);
            *size = (size_t)length;
        }
    }
    BN_free(number);
    km_clear();
    return bytes;
}
