/// What holds for the tests of a file together, in any format.
enum TestList {
    static func check(_ tests: [(id: Int, flags: [String])], count: Int, flags: Set<String>) throws {
        guard tests.count == count else {
            throw VectorFileError("numberOfTests: \(count) are announced, \(tests.count) are there")
        }
        guard !tests.isEmpty else { throw VectorFileError("a file without tests") }
        var ids: Set<Int> = []
        for test in tests {
            guard ids.insert(test.id).inserted else { throw VectorFileError("two tests have the number \(test.id)") }
            guard flags.isSuperset(of: test.flags) else {
                throw VectorFileError("test \(test.id) has a flag that the file does not explain")
            }
        }
    }
}
