/* What the C tests share. */
#ifndef CHECKS_H
#define CHECKS_H

#include <kmsecurity.h>
#include <stdbool.h>

#define ID "0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210"
#define ALIEN_ID "00000000000000000000000000000000"
/* 2026-11-23 09:30 UTC. */
#define NOW 1795426200000
/* The current time, at which the test's certificate is valid. */
int64_t now(void);

typedef struct file {
    uint8_t *bytes;
    size_t size;
} file;

/* Ends the program with a message unless `holds`. */
void check_that(bool holds, const char *what, const char *place, int line);
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)

/* Ends the program unless a call returned `expected` and described it in `error`; notes the status as seen. */
void check_status(km_status got, km_status expected, const km_error *error, const char *place, int line);
#define EXPECT(expected, call) check_status((call), (expected), &error, __FILE__, __LINE__)

/* Reads a file of the test's folder; the caller frees its bytes. */
file read_file(const char *name);
/* The name of a file of the test's folder. */
const char *path_of(const char *name);
bool was_seen(km_status status);

void test_tokens(void);
void test_ciphers(void);
void test_fields(void);
void test_hostile_bodies(void);
void test_tokenizers(void);
void test_rows(void);
void test_arrow(void);
void test_threads(int rounds);

/* A cipher with the test's key pair under ID. */
km_cipher *make_cipher(km_profile profile);
km_tokenizer *make_tokenizer(const char *prefix);

#endif
