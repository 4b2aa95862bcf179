/*
 * kmsecurity.h: the C interface of KMSecurity, for other languages and for bulk engines.
 *
 * It makes and verifies tokens (X-KM-Tran-Token), encrypts and decrypts parameters, and derives PARs, one by one or a
 * whole column at once. The article "The C library" has examples in C and Python.
 *
 * Results. Almost every function returns a km_status: KM_SUCCESS, or the reason of the failure. Its last parameter
 * receives the details; it can be NULL. A function that fails sets the handle that it should create to NULL, and
 * writes nothing to its other outputs, except where its comment says otherwise.
 *
 * Memory. Inputs belong to the caller, and the library keeps no pointer to them after a call. Outputs go to memory of
 * the caller: `output` has room for `capacity` bytes, and `*size` receives the number of bytes written. If the room is
 * too small, the function returns KM_ERROR_BUFFER_TOO_SMALL and `*size` receives the number of bytes that it needs. To
 * ask for that number only, pass NULL and 0. No output ends with a NUL byte. An input of 0 bytes can be NULL.
 * Parameters of type `const char *` are UTF-8 text that ends with a NUL byte, at most 4096 bytes.
 *
 * Handles. A km_..._create function makes a handle, and the km_..._free function with the same name frees it and
 * erases its secrets. Each handle must be freed once, after the last call that uses it. Freeing NULL does nothing.
 *
 * Threads. A handle never changes after its creation, so any number of threads can use it at the same time. The
 * library has no settings that calls share, starts no threads, prints nothing and reads no environment variables of its
 * own. Once loaded, it stays loaded until the process ends.
 *
 * Secrets. No error detail contains a key, a card number, a MAC or plaintext. It can contain the path of a file that you
 * named.
 */
#ifndef KMSECURITY_H
#define KMSECURITY_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header. */
#define KM_VERSION "0.1.0"
/* The number of the binary interface, which is also the number in libkmsecurity.so.1. */
#define KM_ABI 1

/* The largest number of bytes of a token. */
#define KM_TOKEN_MAXIMUM_SIZE 67
/* The largest number of bytes of a PAR. */
#define KM_PAR_MAXIMUM_SIZE 29
/* The number of bytes of a tokenization key's check value. */
#define KM_CHECK_VALUE_SIZE 10
/*
 * The largest number of bytes of a body. Parameters that are encrypted as a whole must be about a quarter smaller,
 * because the body has their encrypted form.
 */
#define KM_BODY_MAXIMUM_SIZE 1048576

#ifdef __cplusplus
extern "C" {
#endif

/* The Arrow C data interface, as its specification gives it for inclusion. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  // Array type description
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;

  // Release callback
  void (*release)(struct ArrowSchema*);
  // Opaque producer-specific data
  void* private_data;
};

struct ArrowArray {
  // Array data description
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;

  // Release callback
  void (*release)(struct ArrowArray*);
  // Opaque producer-specific data
  void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

/*
 * The results of functions. A number never changes its meaning, and later versions can add numbers. Treat a number
 * that you do not know as a failure. km_status_name and km_status_text describe a number.
 */
typedef enum km_status {
    KM_SUCCESS = 0,
    KM_ERROR_ARGUMENT_INVALID = 1,
    KM_ERROR_BUFFER_TOO_SMALL = 2,
    KM_ERROR_CRYPTOGRAPHY_UNAVAILABLE = 3,
    KM_ERROR_OTHER = 4,
    KM_ERROR_LIMIT_EXCEEDED = 5,
    KM_ERROR_INVALID_SIZE = 6,
    KM_ERROR_FILE_UNREADABLE = 7,

    KM_ERROR_TOKEN_MALFORMED = 10,
    KM_ERROR_TOKEN_MISMATCH = 11,
    KM_ERROR_TOKEN_STALE = 12,
    KM_ERROR_HEADER_INVALID = 13,
    KM_ERROR_TIME_ZONE_UNKNOWN = 14,

    KM_ERROR_MALFORMED_KEY = 20,
    KM_ERROR_WRONG_KEY_KIND = 21,
    KM_ERROR_UNSUPPORTED_KEY = 22,
    KM_ERROR_PASSPHRASE_REQUIRED = 23,
    KM_ERROR_PASSPHRASE_WRONG = 24,
    KM_ERROR_LEGACY_ENCRYPTION = 25,
    KM_ERROR_MALFORMED_CERTIFICATE = 26,
    KM_ERROR_CERTIFICATE_NOT_VALID = 27,
    KM_ERROR_KEY_UNKNOWN = 28,
    KM_ERROR_KEY_NOT_ACTIVE = 29,
    KM_ERROR_KEY_HALF_MISSING = 30,
    KM_ERROR_KEYRING_INVALID = 31,

    KM_ERROR_AUTHENTICATION_FAILED = 40,
    KM_ERROR_MALFORMED_JSON = 41,
    KM_ERROR_MALFORMED_BODY = 42,
    KM_ERROR_PROTECTION_REQUIRED = 43,
    KM_ERROR_MALFORMED_JWE = 44,
    KM_ERROR_MALFORMED_HEADER = 45,
    KM_ERROR_ALGORITHM_NOT_ALLOWED = 46,
    KM_ERROR_KEY_ID_MISMATCH = 47,
    KM_ERROR_PATH_MALFORMED = 48,
    KM_ERROR_PATH_UNSUPPORTED = 49,
    KM_ERROR_PATHS_OVERLAP = 50,
    KM_ERROR_FIELD_MISSING = 51,
    KM_ERROR_FIELD_MISMATCH = 52,

    KM_ERROR_PAN_MALFORMED = 60,
    KM_ERROR_PAN_LENGTH_INVALID = 61,
    KM_ERROR_PAN_CHECK_DIGIT_INVALID = 62,
    KM_ERROR_PAR_MALFORMED = 63,

    KM_ERROR_ARROW_INVALID = 70
} km_status;

/* The details of a failure, in memory of the caller. */
typedef struct km_error {
    /* The status that the function returned. */
    int32_t status;
    int32_t reserved;
    /* The row that has the error, counted from 0; -1 if the error is not that of a row. */
    int64_t row;
    /* What was expected and what was found: UTF-8 text that ends with a NUL byte, cut if it is longer. It can be empty. */
    char detail[496];
} km_error;

/* Returns the library's version, such as "0.1.0". */
const char *km_version(void);
/* Returns the library's KM_ABI. */
int32_t km_abi(void);
/* Returns the name of a status, such as "tokenStale", which never changes; NULL for an unknown number. */
const char *km_status_name(int32_t status);
/* Returns a sentence that explains a status; NULL for an unknown number. */
const char *km_status_text(int32_t status);

/* The variant of the wire format that a sender uses. Receivers accept both. */
typedef enum km_profile {
    /* The API page's variant: tokens of 66 bytes, A256GCM, and the key's id as kid. */
    KM_PROFILE_DOCUMENTED = 0,
    /* The guide's and the sandbox's variant: tokens of 67 bytes, A128GCM, and no kid. */
    KM_PROFILE_GATEWAY = 1
} km_profile;

/* ---- Tokens (X-KM-Tran-Token) ---- */

/* A secret key, which signs and verifies tokens. */
typedef struct km_secret_key km_secret_key;

/* Creates a secret key from its bytes, at least 1. */
km_status km_secret_key_create(const uint8_t *secret, size_t secret_size, km_secret_key **created, km_error *error);
void km_secret_key_free(km_secret_key *key);

/*
 * Makes the token of a body.
 *
 * body: the bytes to send, after encryption.
 * time: the time of the request, in milliseconds since 1970-01-01 00:00 UTC.
 * zone: the value of X-KM-Time-Zone: UTC, GMT, KST or JST. NULL means UTC.
 */
km_status km_token_sign(const km_secret_key *key, const uint8_t *body, size_t body_size, int64_t time, const char *zone,
                        km_profile profile, uint8_t *output, size_t capacity, size_t *size, km_error *error);

/* A value of `past` and `future` that accepts every time. Pass it for both. */
#define KM_ANY_TIME (-1)

/*
 * Verifies the MAC of a token for a body as received, and then the token's time.
 *
 * now: the current time, in milliseconds since 1970-01-01 00:00 UTC.
 * past, future: the largest accepted difference in milliseconds between the token's time and `now`, in each direction;
 *     or KM_ANY_TIME for both.
 *
 * It does not detect replays.
 */
km_status km_token_verify(const km_secret_key *key, const uint8_t *token, size_t token_size, const uint8_t *body,
                          size_t body_size, int64_t now, const char *zone, int64_t past, int64_t future, km_error *error);

/* ---- Parameters ---- */

/* The state of a key on the platform. */
typedef enum km_key_state {
    /* The key encrypts and decrypts. */
    KM_KEY_ACTIVE = 0,
    /* The key decrypts, and encrypts the responses to requests under it. */
    KM_KEY_INACTIVE = 1,
    /* The key does nothing; its id stays reserved. */
    KM_KEY_DISCARDED = 2
} km_key_state;

/* The keys that one X-KM-Crypto-Key-Id names. An active or inactive key needs a certificate, a private key or both. */
typedef struct km_crypto_key {
    /* The value of X-KM-Crypto-Key-Id, 32 characters. */
    const char *id;
    /* The peer's certificate in PEM or DER, which encrypts. */
    const uint8_t *certificate;
    size_t certificate_size;
    /* Your private key: PKCS#8 or PKCS#1 in PEM or DER, or PKCS#12 in DER, which decrypts. */
    const uint8_t *private_key;
    size_t private_key_size;
    /* The passphrase of the private key; NULL if the key is not encrypted. */
    const uint8_t *passphrase;
    size_t passphrase_size;
    km_key_state state;
    /* Must be 0. */
    uint32_t reserved;
} km_crypto_key;

/* A keyring, prepared to encrypt and decrypt parameters. */
typedef struct km_cipher km_cipher;

/* Creates a cipher from 1 to 1024 keys with distinct ids. `profile` is the form of the bodies that it makes. */
km_status km_cipher_create(const km_crypto_key *keys, size_t key_count, km_profile profile, km_cipher **created,
                           km_error *error);
void km_cipher_free(km_cipher *cipher);

/* A selection of the fields of a message that are encrypted one by one. */
typedef struct km_fields km_fields;

/* How often each path of a selection must match in a message. */
typedef enum km_presence {
    /* Every path must match in every member or element that its wildcards cover. */
    KM_PRESENCE_EVERY_ITEM = 0,
    /* Every path must match at least once. */
    KM_PRESENCE_AT_LEAST_ONCE = 1,
    /* A path can match nothing. */
    KM_PRESENCE_OPTIONAL = 2
} km_presence;

/* Creates a selection from 1 to 256 JSONPaths, such as $.physicalCardNo and $.issuedCardList[*].digital.cardNo. */
km_status km_fields_create(const char *const *paths, size_t path_count, km_presence presence, km_fields **created,
                           km_error *error);
void km_fields_free(km_fields *fields);

/* The direction of a message. */
typedef enum km_message_direction {
    /* A request, which needs an active key. */
    KM_REQUEST = 0,
    /* The response to a request, which an inactive key can encrypt too. */
    KM_RESPONSE = 1
} km_message_direction;

/*
 * Encrypts parameters into a body.
 *
 * key_id: the id of the key.
 * fields: the selection of fields; NULL encrypts the parameters as a whole.
 * correlation_id: the correlation id that the fields are bound to, or NULL. It has no effect on parameters as a whole.
 * now: the time at which the certificate must be valid, in milliseconds since 1970-01-01 00:00 UTC.
 * parameters: one JSON text.
 *
 * As a whole, a body has fewer than 2 * parameters_size + 2048 bytes. The number of bytes depends only on the inputs,
 * so a second call with the room that the first one asked for succeeds.
 */
km_status km_cipher_seal(const km_cipher *cipher, const char *key_id, const km_fields *fields, const char *correlation_id,
                         km_message_direction direction, int64_t now, const uint8_t *parameters, size_t parameters_size,
                         uint8_t *output, size_t capacity, size_t *size, km_error *error);

/*
 * Decrypts a body into parameters.
 *
 * key_id: the value of X-KM-Crypto-Key-Id.
 * fields: the selection of fields that must be encrypted; NULL if the parameters must be encrypted as a whole.
 * correlation_id: the correlation id that the fields must be bound to; NULL accepts any.
 *
 * The parameters have at most as many bytes as the body, so room for body_size bytes is always enough.
 */
km_status km_cipher_open(const km_cipher *cipher, const char *key_id, const km_fields *fields, const char *correlation_id,
                         const uint8_t *body, size_t body_size, uint8_t *output, size_t capacity, size_t *size,
                         km_error *error);

/* ---- References (PARs) ---- */

/* A tokenization key and a prefix, from which PARs are derived. */
typedef struct km_tokenizer km_tokenizer;

/*
 * Creates a tokenizer from the bytes of a tokenization key.
 *
 * key: 16 to 64 random bytes; a new key has 32.
 * version: the key's version, a number that its owner assigns; 1 if nothing else is known.
 * prefix: 2 or 4 characters of 0-9 and A-Z, the first of every PAR. NULL means Q1.
 */
km_status km_tokenizer_create(const uint8_t *key, size_t key_size, uint32_t version, const char *prefix,
                              km_tokenizer **created, km_error *error);

/*
 * Creates a tokenizer from a file with a tokenization key, as `kmsec par derive --key-file` does.
 *
 * If the content is ASCII text, one line end at the end is not part of the key. The path /dev/fd/N reads the open
 * descriptor N.
 */
km_status km_tokenizer_create_from_file(const char *path, uint32_t version, const char *prefix, km_tokenizer **created,
                                        km_error *error);
void km_tokenizer_free(km_tokenizer *tokenizer);

/* Returns the number of bytes of each PAR, 27 or 29; 0 for NULL. */
size_t km_tokenizer_par_size(const km_tokenizer *tokenizer);

/* Writes the key's check value: ten hexadecimal digits that two sites compare, as `kmsec par key check` prints them. */
km_status km_tokenizer_check_value(const km_tokenizer *tokenizer, uint8_t *output, size_t capacity, size_t *size,
                                   km_error *error);

/*
 * Derives the PAR of a PAN.
 *
 * pan: the digits in ASCII, without separators.
 * digit_count: the required number of digits, 12 to 19; 0 accepts all of these.
 */
km_status km_par_derive(const km_tokenizer *tokenizer, const uint8_t *pan, size_t pan_size, uint32_t digit_count,
                        uint8_t *output, size_t capacity, size_t *size, km_error *error);

/* The largest number of rows in one call. */
#define KM_MAXIMUM_ROW_COUNT 67108864

/*
 * Derives the PARs of many PANs that lie one after another in memory.
 *
 * bytes, byte_count: the digits of all PANs in ASCII.
 * offsets: row_count + 1 numbers, or NULL if row_count is 0. PAN number i is the bytes from offsets[i] to before
 *     offsets[i + 1]. The offsets must not decrease, and the last must be at most byte_count.
 * output: receives row_count PARs of km_tokenizer_par_size bytes each, one after another.
 * statuses: NULL, or room for row_count bytes. If it is NULL, the first PAN that is not valid ends the call with its
 *     status, its row is in the error, and the content of `output` has no meaning. Otherwise each row's status goes
 *     there, the PAR of a row that is not valid consists of zeros, and the call succeeds. If it fails all the same, such
 *     as for a wrong offset, `output` and `statuses` have no meaning.
 *
 * The outputs must not overlap the inputs or one another.
 */
km_status km_par_derive_many(const km_tokenizer *tokenizer, const uint8_t *bytes, size_t byte_count, const int64_t *offsets,
                             size_t row_count, uint32_t digit_count, uint8_t *output, size_t capacity, size_t *size,
                             uint8_t *statuses, km_error *error);

/* How the PANs of a column that are not valid are handled. */
typedef enum km_invalid_rows {
    /* The call fails with the status of the first such row, and the row's number is in the error. */
    KM_INVALID_ROWS_FAIL = 0,
    /* The row's PAR is null, and the row is counted. */
    KM_INVALID_ROWS_BECOME_NULL = 1
} km_invalid_rows;

/*
 * Derives the PARs of a column of PANs in Arrow's C data interface.
 *
 * schema, array: the column, of type utf8 (format u) or large_utf8 (format U). The caller still owns both and
 *     releases them. The offset and the validity bitmap of the array are respected. Nulls stay null. The interface does not
 *     carry the sizes of buffers, so they must have the sizes that Arrow's column format requires; every offset is
 *     checked against the last one before it is used.
 * par_schema, par_array: receive a new column of type utf8, which the caller releases with its release callbacks, and
 *     which does not depend on the inputs. If the call fails, their release callbacks are NULL.
 * invalid_count: NULL, or receives the number of rows that became null because they are not valid.
 */
km_status km_par_derive_arrow(const km_tokenizer *tokenizer, const struct ArrowSchema *schema, const struct ArrowArray *array,
                              uint32_t digit_count, km_invalid_rows invalid_rows, struct ArrowSchema *par_schema,
                              struct ArrowArray *par_array, int64_t *invalid_count, km_error *error);

#ifdef __cplusplus
}
#endif

#endif
