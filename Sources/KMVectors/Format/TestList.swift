/// The rules for all tests of a file together, in either format.
enum TestList {
    static func check(_ tests: [(id: Int, flags: [String])], count: Int, flags: Set<String>) throws {
        guard tests.count == count else {
            throw VectorFileError("numberOfTests is \(count), but the file has \(tests.count) tests")
        }
        guard !tests.isEmpty else { throw VectorFileError("the file has no tests") }
        var ids: Set<Int> = []
        for test in tests {
            guard ids.insert(test.id).inserted else { throw VectorFileError("duplicate test id \(test.id)") }
            guard flags.isSuperset(of: test.flags) else {
                throw VectorFileError("test \(test.id) has a flag that the file does not define")
            }
        }
    }
}
