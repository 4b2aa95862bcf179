// The header in C++, twice, and after a definition of Arrow's structures by somebody else.
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_NULLABLE 2
extern "C" {
struct ArrowSchema;
struct ArrowArray;
}
#include <kmsecurity.h>
#include <kmsecurity.h>
#include <cstring>

int main() {
    km_error error{};
    km_tokenizer *tokenizer = nullptr;
    const km_status status = km_tokenizer_create(nullptr, 32, 1, nullptr, &tokenizer, &error);
    return status == KM_ERROR_ARGUMENT_INVALID && std::strcmp(km_version(), KM_VERSION) == 0 ? 0 : 1;
}
