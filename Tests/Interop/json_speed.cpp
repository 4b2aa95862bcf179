// Measures how long simdjson's DOM parser takes for a document. speed.py starts it and describes its protocol.
//
//   c++ -std=c++17 -O3 json_speed.cpp -lsimdjson -o json_speed
//   json_speed DOCUMENT [IMPLEMENTATION]
//
// Without IMPLEMENTATION, simdjson chooses the instructions that suit the processor.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

// Returns the number of items of the document's array.
size_t parse(simdjson::dom::parser &parser, const simdjson::padded_string &document) {
    return simdjson::dom::array(parser.parse(document)).size();
}

// Returns the median time of a call in microseconds, of batches of some milliseconds each.
double measure(simdjson::dom::parser &parser, const simdjson::padded_string &document, double seconds) {
    size_t batch = 1;
    std::vector<double> times;
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end || times.size() < 5) {
        size_t sum = 0;
        const auto start = Clock::now();
        for (size_t i = 0; i < batch; i++) sum += parse(parser, document);
        const double elapsed = microseconds(Clock::now() - start);
        if (sum == 0) throw std::runtime_error("the document has no items");
        if (elapsed < 5000) batch *= 2;
        else times.push_back(elapsed / static_cast<double>(batch));
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void choose(const std::string &name) {
    const auto *implementation = simdjson::get_available_implementations()[name];
    if (implementation == nullptr) throw std::runtime_error("simdjson has no implementation " + name);
    if (!implementation->supported_by_runtime_system()) throw std::runtime_error("this processor cannot run " + name);
    simdjson::get_active_implementation() = implementation;
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 2) return 64;
    if (count > 2) choose(arguments[2]);
    const auto document = simdjson::padded_string::load(arguments[1]).value();
    simdjson::dom::parser parser;
    std::string command, operation;
    while (std::cin >> command) {
        double seconds = 0;
        if (command == "version") {
            std::cout << "simdjson " TEXT(SIMDJSON_VERSION) " DOM, " << simdjson::get_active_implementation()->name();
        } else if (command == "count") {
            std::cout << parse(parser, document);
        } else if (command == "measure" && std::cin >> operation >> seconds) {
            std::cout << measure(parser, document, seconds);
        } else {
            return 64;
        }
        std::cout << std::endl;
    }
}
