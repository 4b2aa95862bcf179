/* The C shim of PKCS#11, the only part of the package that includes a PKCS#11 header. It loads a module (the shared
 * library of an HSM) at run time, and calls its functions. Which functions, in which order, is decided in Swift.
 *
 * Results
 * - A function that can fail returns a km_rv, and writes everything else through pointers, which are its last
 *   parameters. KM_CKR_OK is success. Other results are the module's own (PKCS#11 v2.40 section 5.1), or one of these:
 *   KM_CKR_HOST_MEMORY if memory ran out, KM_CKR_FUNCTION_NOT_SUPPORTED if the module does not have the function,
 *   KM_CKR_ARGUMENTS_BAD for an argument outside what the function's comment allows, and the KM_RV_ values, which no
 *   module can return. If a function does not return KM_CKR_OK, it has set handles to NULL and counts and buffers to 0.
 * - A query cannot fail and returns its value. The comment begins with "Query".
 * - Free functions return nothing and accept NULL.
 *
 * Ownership
 * - A handle or buffer that a function writes belongs to the caller, who frees it with the function that the comment of
 *   its type names. Freed memory that can contain a secret is erased first.
 * - A function borrows what it takes: it keeps no pointer to it after it returns.
 *
 * Several threads can use a module at the same time. A session, a template and a URI must be used by only one thread at
 * a time. Sizes are in bytes. A pointer to bytes may be NULL if their size is 0. */
#ifndef CKMPKCS11_H
#define CKMPKCS11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define KM_P11_NULLABLE _Nullable
#define KM_P11_NONNULL _Nonnull
#else
#define KM_P11_NULLABLE
#define KM_P11_NONNULL
#endif

typedef unsigned long km_rv;
/* Numbers of PKCS#11 (CK_ULONG): slots, sessions, objects, attribute types, mechanisms and flags. */
typedef unsigned long km_number;

#define KM_P11_REASON_CAPACITY 512

/* Results. constants.c checks that these numbers, and all others in this header, are those of PKCS#11. */
#define KM_CKR_OK 0x0UL
#define KM_CKR_HOST_MEMORY 0x2UL
#define KM_CKR_SLOT_ID_INVALID 0x3UL
#define KM_CKR_GENERAL_ERROR 0x5UL
#define KM_CKR_FUNCTION_FAILED 0x6UL
#define KM_CKR_ARGUMENTS_BAD 0x7UL
#define KM_CKR_CANT_LOCK 0xAUL
#define KM_CKR_ATTRIBUTE_SENSITIVE 0x11UL
#define KM_CKR_ATTRIBUTE_TYPE_INVALID 0x12UL
#define KM_CKR_DATA_INVALID 0x20UL
#define KM_CKR_DATA_LEN_RANGE 0x21UL
#define KM_CKR_DEVICE_ERROR 0x30UL
#define KM_CKR_DEVICE_MEMORY 0x31UL
#define KM_CKR_DEVICE_REMOVED 0x32UL
#define KM_CKR_ENCRYPTED_DATA_INVALID 0x40UL
#define KM_CKR_ENCRYPTED_DATA_LEN_RANGE 0x41UL
#define KM_CKR_FUNCTION_NOT_SUPPORTED 0x54UL
#define KM_CKR_KEY_HANDLE_INVALID 0x60UL
#define KM_CKR_MECHANISM_INVALID 0x70UL
#define KM_CKR_MECHANISM_PARAM_INVALID 0x71UL
#define KM_CKR_OBJECT_HANDLE_INVALID 0x82UL
#define KM_CKR_OPERATION_ACTIVE 0x90UL
#define KM_CKR_OPERATION_NOT_INITIALIZED 0x91UL
#define KM_CKR_PIN_INCORRECT 0xA0UL
#define KM_CKR_PIN_INVALID 0xA1UL
#define KM_CKR_PIN_LEN_RANGE 0xA2UL
#define KM_CKR_PIN_EXPIRED 0xA3UL
#define KM_CKR_PIN_LOCKED 0xA4UL
#define KM_CKR_SESSION_CLOSED 0xB0UL
#define KM_CKR_SESSION_COUNT 0xB1UL
#define KM_CKR_SESSION_HANDLE_INVALID 0xB3UL
#define KM_CKR_TOKEN_NOT_PRESENT 0xE0UL
#define KM_CKR_TOKEN_NOT_RECOGNIZED 0xE1UL
#define KM_CKR_USER_ALREADY_LOGGED_IN 0x100UL
#define KM_CKR_USER_NOT_LOGGED_IN 0x101UL
#define KM_CKR_USER_PIN_NOT_INITIALIZED 0x102UL
#define KM_CKR_BUFFER_TOO_SMALL 0x150UL
#define KM_CKR_CRYPTOKI_NOT_INITIALIZED 0x190UL
#define KM_CKR_CRYPTOKI_ALREADY_INITIALIZED 0x191UL
/* The file cannot be loaded as a shared library; `reason` has the loader's text. */
#define KM_RV_NOT_LOADED 0xC4B4D001UL
/* The library has no function C_GetFunctionList, or that function gives no list. */
#define KM_RV_NOT_A_MODULE 0xC4B4D002UL
/* The child process that tried the module did not finish in time. */
#define KM_RV_HUNG 0xC4B4D003UL
/* The child process that tried the module ended by a signal, or without an answer; `reason` names it. */
#define KM_RV_CRASHED 0xC4B4D004UL
/* The operating system could not create the child process; `reason` says why. */
#define KM_RV_NO_PROCESS 0xC4B4D005UL

/* Query: the name of a result in PKCS#11, such as "CKR_PIN_INCORRECT", in static storage; NULL for an unknown one. */
const char *KM_P11_NULLABLE km_p11_rv_name(km_rv rv);

/* Classes, key types, attributes, mechanisms and flags. */
#define KM_CKO_CERTIFICATE 1UL
#define KM_CKO_PUBLIC_KEY 2UL
#define KM_CKO_PRIVATE_KEY 3UL
#define KM_CKO_SECRET_KEY 4UL
#define KM_CKC_X_509 0UL
#define KM_CKK_RSA 0UL
#define KM_CKK_GENERIC_SECRET 0x10UL
#define KM_CKA_CLASS 0x0UL
#define KM_CKA_TOKEN 0x1UL
#define KM_CKA_PRIVATE 0x2UL
#define KM_CKA_LABEL 0x3UL
#define KM_CKA_VALUE 0x11UL
#define KM_CKA_CERTIFICATE_TYPE 0x80UL
#define KM_CKA_ISSUER 0x81UL
#define KM_CKA_SERIAL_NUMBER 0x82UL
#define KM_CKA_KEY_TYPE 0x100UL
#define KM_CKA_SUBJECT 0x101UL
#define KM_CKA_ID 0x102UL
#define KM_CKA_SENSITIVE 0x103UL
#define KM_CKA_ENCRYPT 0x104UL
#define KM_CKA_DECRYPT 0x105UL
#define KM_CKA_WRAP 0x106UL
#define KM_CKA_UNWRAP 0x107UL
#define KM_CKA_SIGN 0x108UL
#define KM_CKA_VERIFY 0x10AUL
#define KM_CKA_MODULUS 0x120UL
#define KM_CKA_MODULUS_BITS 0x121UL
#define KM_CKA_PUBLIC_EXPONENT 0x122UL
#define KM_CKA_PRIVATE_EXPONENT 0x123UL
#define KM_CKA_PRIME_1 0x124UL
#define KM_CKA_PRIME_2 0x125UL
#define KM_CKA_EXPONENT_1 0x126UL
#define KM_CKA_EXPONENT_2 0x127UL
#define KM_CKA_COEFFICIENT 0x128UL
#define KM_CKA_VALUE_LEN 0x161UL
#define KM_CKA_EXTRACTABLE 0x162UL
#define KM_CKA_MODIFIABLE 0x170UL
#define KM_CKA_ALWAYS_AUTHENTICATE 0x202UL
#define KM_CKM_RSA_PKCS_KEY_PAIR_GEN 0x0UL
#define KM_CKM_RSA_PKCS 0x1UL
#define KM_CKM_RSA_X_509 0x3UL
#define KM_CKM_RSA_PKCS_OAEP 0x9UL
#define KM_CKM_SHA256_RSA_PKCS 0x40UL
#define KM_CKM_SHA256_HMAC 0x251UL
#define KM_CKM_GENERIC_SECRET_KEY_GEN 0x350UL
#define KM_CKF_LOGIN_REQUIRED 0x4UL
#define KM_CKF_USER_PIN_INITIALIZED 0x8UL
#define KM_CKF_PROTECTED_AUTHENTICATION_PATH 0x100UL
#define KM_CKF_TOKEN_INITIALIZED 0x400UL
#define KM_CKF_USER_PIN_COUNT_LOW 0x10000UL
#define KM_CKF_USER_PIN_FINAL_TRY 0x20000UL
#define KM_CKF_USER_PIN_LOCKED 0x40000UL
#define KM_CKF_DECRYPT 0x200UL

/* module.c */

/* A loaded module. Free it with km_p11_unload. */
typedef struct km_p11 km_p11;
/* Loads a shared library and gets its functions, without C_Initialize. Returns KM_RV_NOT_LOADED or KM_RV_NOT_A_MODULE for
 * a file that is no module; `reason` has KM_P11_REASON_CAPACITY bytes. */
km_rv km_p11_load(const char *path, km_p11 *KM_P11_NULLABLE *KM_P11_NONNULL module, char *reason);
/* Closes the library, without C_Finalize. Accepts NULL. */
void km_p11_unload(km_p11 *KM_P11_NULLABLE module);
/* C_Initialize, for use by several threads. A library on which it was called must not be closed, even if it failed: it
 * may have threads or exit handlers. `parameters` is a text that some modules require, such as NSS; NULL for
 * the others. */
km_rv km_p11_initialize(const km_p11 *module, const char *KM_P11_NULLABLE parameters);
km_rv km_p11_finalize(const km_p11 *module);
/* C_GetInfo, to find out whether the module is initialized. */
km_rv km_p11_check(const km_p11 *module);
/* Query: the id of the calling process, which changes by fork. */
int64_t km_p11_process(void);

/* probe.c */

/* Loads and initializes a module in a child process, and ends the child. Returns what the child found: KM_CKR_OK or
 * the result of C_Initialize, KM_RV_NOT_LOADED, KM_RV_NOT_A_MODULE, KM_RV_CRASHED, or KM_RV_HUNG after
 * `milliseconds`. The calling process does not load the module. */
km_rv km_p11_probe(const char *path, const char *KM_P11_NULLABLE parameters, uint32_t milliseconds, char *reason);

/* slots.c */

typedef struct km_p11_token {
    char label[33], manufacturer[33], model[17], serial[17]; /* without the padding, NUL-terminated; any bytes */
    km_number flags;
    km_number maximum_sessions, sessions; /* KM_P11_UNAVAILABLE if the token does not say; maximum 0 is "no limit" */
} km_p11_token;
#define KM_P11_UNAVAILABLE (~0UL)
/* Writes the slots that hold a token, at most `capacity`. *count is the number of all such slots. */
km_rv km_p11_slots(const km_p11 *module, km_number *KM_P11_NULLABLE slots, size_t capacity, size_t *count);
km_rv km_p11_token_info(const km_p11 *module, km_number slot, km_p11_token *token);
/* Writes the mechanism's flags. Returns CKR_MECHANISM_INVALID if the token does not have it. */
km_rv km_p11_mechanism(const km_p11 *module, km_number slot, km_number mechanism, km_number *flags);
/* C_InitToken. `label` has at most 32 bytes. */
km_rv km_p11_init_token(const km_p11 *module, km_number slot, const uint8_t *KM_P11_NULLABLE pin, size_t size,
                        const char *label);

/* sessions.c */

km_rv km_p11_open(const km_p11 *module, km_number slot, bool writes, km_number *session);
km_rv km_p11_close(const km_p11 *module, km_number session);
km_rv km_p11_close_all(const km_p11 *module, km_number slot);
/* Writes whether a user is logged in, and the device's error number. */
km_rv km_p11_session_info(const km_p11 *module, km_number session, bool *is_logged_in, km_number *device_error);
typedef enum km_p11_role { KM_P11_SECURITY_OFFICER = 0, KM_P11_USER = 1 } km_p11_role;
/* C_Login. A NULL pin lets the token ask for it, for example on its own keypad. */
km_rv km_p11_login(const km_p11 *module, km_number session, km_p11_role role, const uint8_t *KM_P11_NULLABLE pin,
                   size_t size);
km_rv km_p11_logout(const km_p11 *module, km_number session);
/* C_InitPIN, for a session of the security officer. */
km_rv km_p11_init_pin(const km_p11 *module, km_number session, const uint8_t *pin, size_t size);

/* template.c: attributes of an object to find or to create. The values are copied, and erased when they are freed. */
typedef struct km_p11_template km_p11_template;
km_rv km_p11_template_create(km_p11_template *KM_P11_NULLABLE *KM_P11_NONNULL template);
/* Accepts NULL. */
void km_p11_template_free(km_p11_template *KM_P11_NULLABLE template);
km_rv km_p11_template_add_bool(km_p11_template *template, km_number type, bool value);
km_rv km_p11_template_add_number(km_p11_template *template, km_number type, km_number value);
km_rv km_p11_template_add_bytes(km_p11_template *template, km_number type, const uint8_t *KM_P11_NULLABLE bytes,
                                size_t size);

/* objects.c */

/* Bytes that a function allocated. Free them with km_p11_buffer_free. */
typedef struct km_p11_buffer {
    uint8_t *KM_P11_NULLABLE bytes;
    size_t size;
} km_p11_buffer;
/* Erases and frees the bytes. */
void km_p11_buffer_free(km_p11_buffer buffer);
/* Finds objects, at most `capacity`. */
km_rv km_p11_find(const km_p11 *module, km_number session, const km_p11_template *template, km_number *objects,
                  size_t capacity, size_t *count);
/* Copies an attribute. Returns CKR_ATTRIBUTE_TYPE_INVALID or CKR_ATTRIBUTE_SENSITIVE if it cannot be read. */
km_rv km_p11_attribute(const km_p11 *module, km_number session, km_number object, km_number type, km_p11_buffer *value);
km_rv km_p11_create_object(const km_p11 *module, km_number session, const km_p11_template *template, km_number *object);
km_rv km_p11_change_object(const km_p11 *module, km_number session, km_number object, const km_p11_template *template);
km_rv km_p11_destroy_object(const km_p11 *module, km_number session, km_number object);
km_rv km_p11_generate_key(const km_p11 *module, km_number session, km_number mechanism, const km_p11_template *template,
                          km_number *key);
km_rv km_p11_generate_pair(const km_p11 *module, km_number session, km_number mechanism,
                           const km_p11_template *public_template, const km_p11_template *private_template,
                           km_number *public_key, km_number *private_key);

/* operations.c */

typedef enum km_p11_scheme {
    KM_P11_RSA_RAW,         /* CKM_RSA_X_509 */
    KM_P11_RSA_OAEP_SHA256, /* CKM_RSA_PKCS_OAEP with SHA-256 and MGF1 with SHA-256, without a label */
    KM_P11_RSA_OAEP_SHA1    /* the same with SHA-1 */
} km_p11_scheme;
/* C_DecryptInit and C_Decrypt. Sets *started if C_DecryptInit succeeded: a later failure can be the ciphertext's fault.
 * `out` has `capacity` bytes, which are erased on failure. */
km_rv km_p11_decrypt(const km_p11 *module, km_number session, km_number key, km_p11_scheme scheme, const uint8_t *in,
                     size_t size, uint8_t *out, size_t capacity, size_t *out_size, bool *started);
/* C_SignInit and C_Sign with a mechanism without parameters. */
km_rv km_p11_sign(const km_p11 *module, km_number session, km_number key, km_number mechanism,
                  const uint8_t *KM_P11_NULLABLE in, size_t size, uint8_t *out, size_t capacity, size_t *out_size);

/* uri.c: URIs of RFC 7512. */

typedef struct km_p11_uri km_p11_uri;
typedef enum km_p11_uri_fault {
    KM_P11_URI_OK = 0,
    KM_P11_URI_FAILED, /* memory ran out */
    KM_P11_URI_SCHEME,
    KM_P11_URI_ENCODING, /* a malformed percent encoding, or a value that is too long */
    KM_P11_URI_SYNTAX,
    KM_P11_URI_VERSION, /* a malformed library-version */
    KM_P11_URI_UNRECOGNIZED /* an attribute that p11-kit does not know, which would match nothing */
} km_p11_uri_fault;
/* Parses a URI. Unlike other functions, it returns a km_p11_uri_fault. Free the URI with km_p11_uri_free. */
km_p11_uri_fault km_p11_uri_parse(const char *text, km_p11_uri *KM_P11_NULLABLE *KM_P11_NONNULL uri);
/* Accepts NULL. */
void km_p11_uri_free(km_p11_uri *KM_P11_NULLABLE uri);
/* Queries: attributes of the URI, which belong to the URI; NULL if it does not have them. */
const char *KM_P11_NULLABLE km_p11_uri_module_path(const km_p11_uri *uri);
const char *KM_P11_NULLABLE km_p11_uri_module_name(const km_p11_uri *uri);
const char *KM_P11_NULLABLE km_p11_uri_pin_source(const km_p11_uri *uri);
bool km_p11_uri_has_pin_value(const km_p11_uri *uri);
/* Writes whether the URI matches the module, the slot and its token. */
km_rv km_p11_uri_matches_slot(const km_p11_uri *uri, const km_p11 *module, km_number slot, bool *matches);
/* Appends the URI's class, label and id to a template. Returns CKR_ARGUMENTS_BAD if the template has one of them with
 * another value. */
km_rv km_p11_uri_add_attributes(const km_p11_uri *uri, km_p11_template *template);
/* Query: whether the URI has an object, id or type attribute. */
bool km_p11_uri_names_object(const km_p11_uri *uri);
/* Query: whether the URI has an object or id attribute. */
bool km_p11_uri_names_key(const km_p11_uri *uri);
/* Copies the URI without module-path and PIN, or with only what names the token. */
km_rv km_p11_uri_format(const km_p11_uri *uri, bool with_object, km_p11_buffer *text);
/* Copies the URI of an object of a token, as UTF-8. */
km_rv km_p11_uri_of_object(const km_p11 *module, km_number slot, km_number session, km_number object,
                           km_p11_buffer *text);
/* Copies the URI of the token in a slot. */
km_rv km_p11_uri_of_token(const km_p11 *module, km_number slot, km_p11_buffer *text);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
