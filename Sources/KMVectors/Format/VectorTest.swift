/// One test: its inputs, and the outputs of a valid test or the error code of an invalid test.
struct VectorTest<Operation: VectorOperation>: Decodable {
    let id: Int
    let comment: String
    let flags: [String]
    let input: Operation.Input
    let expectation: Expectation<Operation.Output>

    private enum CodingKeys: CodingKey {
        case id, comment, flags, result, error
    }

    private enum Result: String, Decodable {
        case valid, invalid
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = ["id", "comment", "flags", "result"] + Operation.Input.memberNames
        id = try container.decode(Int.self, forKey: .id)
        comment = try container.decode(String.self, forKey: .comment)
        flags = try container.decode([String].self, forKey: .flags)
        switch try container.decode(Result.self, forKey: .result) {
        case .valid:
            try decoder.refuseMembers(besides: known + Operation.Output.memberNames)
            expectation = .valid(try Operation.Output(from: decoder))
        case .invalid:
            try decoder.refuseMembers(besides: known + ["error"])
            expectation = .invalid(try container.decode(String.self, forKey: .error))
        }
        input = try Operation.Input(from: decoder)
    }
}
