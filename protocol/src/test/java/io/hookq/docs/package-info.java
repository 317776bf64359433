/** What the documentation promises, held against what the programs do. */
@NullMarked
package io.hookq.docs;

import org.jspecify.annotations.NullMarked;
