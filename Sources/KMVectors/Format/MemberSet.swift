/// A set of JSON object members that are all known by name.
///
/// ``Strict`` rejects an object that has any other member.
protocol MemberSet: Decodable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

extension MemberSet {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue) }
}

/// An empty set of members.
struct NoMembers: MemberSet {
    enum CodingKeys: CodingKey, CaseIterable {}
}

/// A JSON object that has no members other than those of `Members`.
struct Strict<Members: MemberSet>: Decodable {
    let members: Members

    init(from decoder: any Decoder) throws {
        try decoder.refuseMembers(besides: Members.memberNames)
        members = try Members(from: decoder)
    }
}

extension Decoder {
    /// Throws when the object has a member that is not in `names`, or a member whose value is null.
    ///
    /// An optional member is either present with a value or absent; null is not a value.
    func refuseMembers(besides names: [String]) throws {
        let container = try container(keyedBy: MemberName.self)
        for member in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            guard names.contains(member.stringValue) else {
                throw VectorFileError(codingPath + [member], "unknown member")
            }
            guard try !container.decodeNil(forKey: member) else {
                throw VectorFileError(codingPath + [member], "null; give the member a value or leave it out")
            }
        }
    }
}

/// The name of any member.
private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
