/// Names of positions in PANs and PARs, for sentences.
enum Places {
    /// Returns a name such as `PAN digits 1 to 8`.
    ///
    /// - Parameter places: Positions from 0, in any order.
    /// - Returns: The name.
    static func pan(_ places: [Int]) -> String { "PAN \(named("digit", places))" }

    /// Returns a name such as `PAR characters 10 to 16`.
    ///
    /// - Parameter places: Positions from 0, in any order.
    /// - Returns: The name.
    static func par(_ places: [Int]) -> String { "PAR \(named("character", places))" }

    private static func named(_ noun: String, _ places: [Int]) -> String {
        let sorted = Set(places).sorted()
        guard let first = sorted.first, let last = sorted.last else { return "\(noun)s" }
        if first == last { return "\(noun) \(first + 1)" }
        if last - first == sorted.count - 1 { return "\(noun)s \(first + 1) to \(last + 1)" }
        let all = sorted.map { "\($0 + 1)" }
        return "\(noun)s \(all.dropLast().joined(separator: ", ")) and \(all[all.count - 1])"
    }
}
