// The texts of the meta-schemas in this folder are those of the JSON Schema project:
//
// Copyright (c) 2022 JSON Schema Specification Authors. All rights reserved.
//
// Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
// following conditions are met: 1. Redistributions of source code must retain the above copyright notice, this list of
// conditions and the following disclaimer. 2. Redistributions in binary form must reproduce the above copyright notice,
// this list of conditions and the following disclaimer in the documentation and/or other materials provided with the
// distribution. 3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
// promote products derived from this software without specific prior written permission.
//
// THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
// INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
// DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
// SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
// SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
// WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
// OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

import JSONDocument

/// The meta-schemas of the known drafts, so that schemas can refer to them though nothing is ever fetched.
enum Metaschemas {
    /// The meta-schema whose `$id` is `uri` (without a fragment); nil when it is none of those built in.
    static func tree(_ uri: String) -> JSONTree? { byURI[uri] }

    /// The addresses of all.
    static var uris: [String] { byURI.keys.sorted() }

    private static let byURI: [String: JSONTree] = {
        var trees: [String: JSONTree] = [:]
        for text in draft202012 + draft201909 + draft7 {
            // The texts are constant; a mistake in one shows at the first use.
            guard let tree = try? JSONTree(parsing: text), case .string(let id) = tree["$id"] else {
                fatalError("a meta-schema that is built in is not JSON with an '$id': \(text.prefix(120))")
            }
            trees[URIReference(id).withoutFragment.text] = tree
        }
        return trees
    }()
}
