/**
 * How a value stands in a log line.
 *
 * <pre>
 * line  := words (" " key "=" value)*
 * value := bare                         at least one character, none of blank, " = \ and controls
 *        | '"' (plain | escape)* '"'
 * escape := \" | \\ | \n | \r | \t | &#92;u HEX HEX HEX HEX      every other control character
 * </pre>
 *
 * What a peer says is a value and never part of the words, so whatever it says, a line stays one
 * line and its keys are ours. Knows no logger.
 */
@NullMarked
package io.hookq.log;

import org.jspecify.annotations.NullMarked;
