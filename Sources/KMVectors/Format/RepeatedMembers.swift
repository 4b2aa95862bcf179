internal import KMJSON

/// A check for duplicate member names in JSON objects.
///
/// Foundation's decoder uses one of the duplicates and does not report an error.
enum RepeatedMembers {
    /// Throws when `text` is not JSON, or when an object in it has a duplicate member name.
    static func refuse(in text: [UInt8]) throws {
        let document = text.span
        var scanner = JSONScanner()
        // The names seen so far in each open object, the innermost object last; an array has an empty set.
        var names: [Set<[UInt8]>] = []
        while true {
            switch try scanner.next(in: document) {
            case .objectStart, .arrayStart: names.append([])
            case .objectEnd, .arrayEnd: names.removeLast()
            case .name:
                let name = JSONString.unescaped(document, scanner.range)
                guard names[names.count - 1].insert(name).inserted else {
                    throw VectorFileError("duplicate member name at byte \(scanner.range.lowerBound)")
                }
            case .end: return
            case .string, .number, .true, .false, .null: break
            }
        }
    }
}
