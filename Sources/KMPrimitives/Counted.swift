/// Formats a count and its noun for a message, such as "1 part" or "5 parts".
package func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
